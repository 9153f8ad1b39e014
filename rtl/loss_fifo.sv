// The FIFO between a feed that cannot be held and blocks that may stall. A word that finds no room is lost; before the
// next word a lost one stands in the stream: lost_o with the first word that was lost. So no loss goes untold.
`resetall
`default_nettype none

module loss_fifo #(
  parameter integer WIDTH   = 8,
  parameter integer DEPTH_W = 9  // 2^DEPTH_W words
) (
  input  wire              clk,
  input  wire              rst,
  input  wire              write_i,
  input  wire  [WIDTH-1:0] data_i,
  output logic             valid_o,
  output logic             lost_o,
  output logic [WIDTH-1:0] data_o,
  input  wire              ready_i,
  output logic             dropped_o  // a word was lost
);
  localparam integer DEPTH = 1 << DEPTH_W;

  logic [WIDTH:0]   words [0:DEPTH-1];
  logic [DEPTH_W:0] write_at, read_at;
  logic             pending;   // a loss that has not been told: words are lost until it is
  logic [WIDTH-1:0] first;     // the first of them
  wire [DEPTH_W:0] level = write_at - read_at;
  wire full = level[DEPTH_W];
  wire drop = write_i && (full || pending);
  wire tell = pending && !full && !write_i;
  wire put = tell || (write_i && !drop);
  wire load = write_at != read_at && (!valid_o || ready_i);

  always_ff @(posedge clk) begin
    if (rst) begin
      write_at  <= '0;
      read_at   <= '0;
      valid_o   <= 1'b0;
      pending   <= 1'b0;
      dropped_o <= 1'b0;
    end else begin
      if (put) write_at <= write_at + 1'b1;
      if (load) read_at <= read_at + 1'b1;
      if (load) valid_o <= 1'b1;
      else if (ready_i) valid_o <= 1'b0;
      pending   <= drop || (pending && !tell);
      dropped_o <= drop;
    end
    if (drop && !pending) first <= data_i;
    if (put) words[write_at[DEPTH_W-1:0]] <= {tell, tell ? first : data_i};
    if (load) {lost_o, data_o} <= words[read_at[DEPTH_W-1:0]];
  end
endmodule

`resetall
