// state_ram is an ideal memory: a read sees every write of the clocks before it, at whatever distance.
// Put before the block's endmodule by the test.
  (* anyconst *) reg [ADDRESS_W-1:0] watched;  // any one address, beside a plain register
  reg [WIDTH-1:0] ideal;
  reg written = 1'b0, started = 1'b0;
  wire is_watched = address_q == watched;
  always @(posedge clk) begin
    started <= 1'b1;
    if (started && write_i && is_watched) begin
      ideal   <= next_i;
      written <= 1'b1;
    end
    if (written) begin
      assert (words[watched] == ideal);
      if (is_watched) assert (state_o == ideal);
    end
  end
