// The state of one recursion, a word per instrument: read in one clock, changed and written in the next. A word that is
// read while it is being written is forwarded, so that ticks of one instrument may follow each other at any distance.
`resetall
`default_nettype none

module state_ram #(
  parameter integer ADDRESS_W = 6,
  parameter integer WIDTH     = 8
) (
  input  wire                 clk,
  input  wire [ADDRESS_W-1:0] address_i,  // clock n
  output wire [WIDTH-1:0]     state_o,    // clock n + 1: the word at that address, after every write before
  input  wire                 write_i,    // clock n + 1: the word becomes next_i
  input  wire [WIDTH-1:0]     next_i
);
  (* ram_style = "distributed" *) logic [WIDTH-1:0] words [0:(1<<ADDRESS_W)-1];
  logic [ADDRESS_W-1:0] address_q;
  logic [WIDTH-1:0]     read_q, written_q;
  logic                 hit_q;

  always_ff @(posedge clk) begin
    address_q <= address_i;
    read_q    <= words[address_i];
    written_q <= next_i;
    hit_q     <= write_i && address_i == address_q;
    if (write_i) words[address_q] <= next_i;
  end

  assign state_o = hit_q ? written_q : read_q;
endmodule

`resetall
