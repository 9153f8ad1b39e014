// What credit_fifo promises any pipeline that never invents a word: it does not overflow, counts right,
// and holds its output while it is not taken. Put before the block's endmodule by the test.
  reg       started = 1'b0;
  reg [4:0] flying = '0;  // words in the pipeline
  reg       was_valid = 1'b0, was_ready = 1'b0;
  reg [WIDTH-1:0] was_out;
  wire [DEPTH_W:0] level = write_at - read_at;

  always @(posedge clk) begin
    started   <= 1'b1;
    flying    <= rst ? 5'd0 : flying + {4'd0, enter_i} - {4'd0, write_i};
    was_valid <= valid_o && !rst;
    was_ready <= ready_i;
    was_out   <= data_o;
    if (!started) assume (rst);
    assume (!(rst && (enter_i || write_i)));
    assume (!enter_i || may_enter_o);
    assume (!write_i || flying != 0);

    if (started && !rst) begin
      assert ({5'd0, used} == {3'd0, flying} + {5'd0, level} + {7'd0, valid_o});  // wide: nothing wraps
      assert (used <= DEPTH);
      assert (level <= DEPTH);
      assert (!write_i || level < DEPTH);
      assert (!may_enter_o || used < DEPTH);
      if (was_valid && !was_ready) assert (valid_o && data_o == was_out);
    end
  end
