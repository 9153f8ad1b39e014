// saturating_sum keeps, at any distance of its ticks, what a plain register would that saturates in each step.
// Put before the block's endmodule by the test.
  (* anyconst *) reg [ADDRESS_W-1:0] watched;
  reg signed [WIDTH-1:0] ideal;
  reg is_known = 1'b0, started = 1'b0;
  wire is_watched = address_q == watched;
  wire is_on_its_way = write_q && written_address_q == watched;
  wire signed [WIDTH+1:0] exact = $signed(ideal) + $signed(add_i);
  wire signed [WIDTH-1:0] highest = {1'b0, {(WIDTH-1){1'b1}}};
  wire signed [WIDTH-1:0] lowest = {1'b1, {(WIDTH-1){1'b0}}};
  always @(posedge clk) begin
    started <= 1'b1;
    if (!started) assume (!write_q);
    if (started && write_i && is_watched && (clear_i || is_known)) begin
      ideal   <= clear_i ? '0 : exact > highest ? highest : exact < lowest ? lowest : exact[WIDTH-1:0];
      is_known <= 1'b1;
    end
    if (started && is_known) begin
      assert ((is_on_its_way ? sum_o : $signed(words[watched])) == ideal);
      if (is_watched) assert ($signed(sum) == ideal);
    end
  end
