// A signed sum per instrument, held at the ends of its range; a state_ram whose recursion is the addition.
//
// The adder's end is a register: whether the sum left its range is told with it, and it is held at its end by who reads
// it, which is one choice of three in front of the next addition instead of two behind this one.
`resetall
`default_nettype none

module saturating_sum #(
  parameter integer ADDRESS_W = 6,
  parameter integer WIDTH     = 64,
  parameter integer ADD_W     = 33  // of what is added, at most WIDTH
) (
  input  wire                    clk,
  input  wire [ADDRESS_W-1:0]    address_i,  // clock n
  input  wire                    write_i,    // clock n + 1: the sum becomes sum + add_i, or zero
  input  wire                    clear_i,    // with write_i: zero
  input  wire signed [ADD_W-1:0] add_i,
  output wire signed [WIDTH-1:0] sum_o       // clock n + 2: sum + add_i, whether it was written or not
);
  (* ram_style = "distributed" *) logic [WIDTH-1:0] words [0:(1<<ADDRESS_W)-1];
  logic [ADDRESS_W-1:0] address_q, written_address_q;
  logic [WIDTH-1:0]     read_q, total_q;
  logic                 hit_q, write_q, beyond_q, negative_q;

  wire [WIDTH-1:0] written = beyond_q ? {negative_q, {(WIDTH-1){!negative_q}}} : total_q;
  wire [WIDTH-1:0] sum = hit_q ? written : read_q;
  wire [WIDTH:0] total = {sum[WIDTH-1], sum} + {{(WIDTH+1-ADD_W){add_i[ADD_W-1]}}, add_i};

  wire again = write_q && address_i == written_address_q;  // as in state_ram

  always_ff @(posedge clk) begin
    address_q         <= address_i;
    written_address_q <= address_q;
    write_q           <= write_i;
    hit_q             <= write_i && address_i == address_q;
    read_q            <= ({WIDTH{again}} & written) | ({WIDTH{!again}} & words[address_i]);
    total_q           <= clear_i ? '0 : total[WIDTH-1:0];
    beyond_q          <= !clear_i && (total[WIDTH] ^ total[WIDTH-1]);
    negative_q        <= total[WIDTH];
    if (write_q) words[written_address_q] <= written;
  end

  assign sum_o = $signed(written);
endmodule

`resetall
