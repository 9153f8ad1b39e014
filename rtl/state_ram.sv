// The state of one recursion, a word per instrument: read in one clock, changed in the next, written in the one after. A
// word that is on its way is forwarded, so that ticks of one instrument may follow each other at any distance. Between a
// word and its successor stand a choice of two registers and what the user adds; the memory is outside that loop.
`resetall
`default_nettype none

module state_ram #(
  parameter integer ADDRESS_W = 6,
  parameter integer WIDTH     = 8
) (
  input  wire                 clk,
  input  wire [ADDRESS_W-1:0] address_i,  // clock n
  output wire [WIDTH-1:0]     state_o,    // clock n + 1: the word at that address, after every write before
  input  wire                 write_i,    // clock n + 1: the word becomes next_i, or zero
  input  wire                 clear_i,    // with write_i: zero
  input  wire [WIDTH-1:0]     next_i
);
  (* ram_style = "distributed" *) logic [WIDTH-1:0] words [0:(1<<ADDRESS_W)-1];
  logic [ADDRESS_W-1:0] address_q, written_address_q;
  logic [WIDTH-1:0]     read_q, written_q;
  logic                 hit_q, write_q;

  // Not written as a choice: yosys would see a memory that reads what it writes, and register its address, not its word.
  wire again = write_q && address_i == written_address_q;

  always_ff @(posedge clk) begin
    address_q         <= address_i;
    written_address_q <= address_q;
    write_q           <= write_i;
    written_q         <= clear_i ? '0 : next_i;
    hit_q             <= write_i && address_i == address_q;
    read_q            <= ({WIDTH{again}} & written_q) | ({WIDTH{!again}} & words[address_i]);
    if (write_q) words[written_address_q] <= written_q;
  end

  assign state_o = hit_q ? written_q : read_q;
endmodule

`resetall
