// state_ram is an ideal memory: a read sees every write of the clocks before it, at whatever distance.
// Put before the block's endmodule by the test.
  (* anyconst *) reg [ADDRESS_W-1:0] watched;  // any one address, beside a plain register
  reg [WIDTH-1:0] ideal;
  reg written = 1'b0, started = 1'b0;
  wire is_watched = address_q == watched;
  wire is_on_its_way = write_q && written_address_q == watched;
  always @(posedge clk) begin
    started <= 1'b1;
    if (!started) assume (!write_q);
    if (started && write_i && is_watched) begin
      ideal   <= clear_i ? '0 : next_i;
      written <= 1'b1;
    end
    if (started && written) begin
      assert ((is_on_its_way ? written_q : words[watched]) == ideal);
      if (is_watched) assert (state_o == ideal);
    end
  end
