// loss_fifo does not overflow, holds its output while it is not taken, and tells every loss before the next word.
// Put before the block's endmodule by the test.
  reg started = 1'b0;
  reg was_valid = 1'b0, was_ready = 1'b0, was_drop = 1'b0, owes = 1'b0;
  reg [WIDTH:0] was_out;
  always @(posedge clk) begin
    started   <= 1'b1;
    was_valid <= valid_o && !rst;
    was_ready <= ready_i;
    was_out   <= {lost_o, data_o};
    was_drop  <= drop && !rst;
    owes      <= !rst && (drop || (owes && !tell));  // a word was lost, and nothing has said so
    if (!started) assume (rst);
    if (started && !rst) begin
      assert (level <= DEPTH);
      assert (!put || level < DEPTH);
      assert (owes == pending);
      assert (!(owes && put) || tell);
      assert (!was_drop || pending);
      if (was_valid && !was_ready) assert (valid_o && {lost_o, data_o} == was_out);
    end
  end
