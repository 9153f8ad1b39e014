// The FIFO behind a pipeline that cannot stall: a word may enter the pipeline only while the words in it and in the
// FIFO together leave room. The output holds its word while it is not taken (AXI-Stream).
`resetall
`default_nettype none

module credit_fifo #(
  parameter integer WIDTH   = 8,
  parameter integer DEPTH_W = 5  // the FIFO holds 2^DEPTH_W words
) (
  input  wire             clk,
  input  wire             rst,
  output logic            may_enter_o,  // a word may enter the pipeline
  input  wire             enter_i,      // it does
  input  wire             write_i,      // it leaves the pipeline
  input  wire [WIDTH-1:0] data_i,
  output logic            valid_o,
  output logic [WIDTH-1:0] data_o,
  input  wire             ready_i
);
  localparam integer DEPTH = 1 << DEPTH_W;

  (* ram_style = "distributed" *) logic [WIDTH-1:0] words [0:DEPTH-1];
  logic [DEPTH_W:0] write_at, read_at, used;
  wire load = write_at != read_at && (!valid_o || ready_i);
  wire take = valid_o && ready_i;
  wire [DEPTH_W:0] used_next = used + {{DEPTH_W{1'b0}}, enter_i} - {{DEPTH_W{1'b0}}, take};

  always_ff @(posedge clk) begin
    if (rst) begin
      write_at    <= '0;
      read_at     <= '0;
      used        <= '0;
      valid_o     <= 1'b0;
      may_enter_o <= 1'b0;
    end else begin
      if (write_i) write_at <= write_at + 1'b1;
      if (load) read_at <= read_at + 1'b1;
      if (load) valid_o <= 1'b1;
      else if (ready_i) valid_o <= 1'b0;
      used        <= used_next;
      may_enter_o <= used_next < DEPTH[DEPTH_W:0];
    end
    if (write_i) words[write_at[DEPTH_W-1:0]] <= data_i;
    if (load) data_o <= words[read_at[DEPTH_W-1:0]];
  end
endmodule

`resetall
