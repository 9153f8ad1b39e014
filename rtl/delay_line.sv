// A word leaves DEPTH clocks after it came (DEPTH >= 2): a ring in memory, where a chain of registers would cost WIDTH
// flip-flops a stage. The first DEPTH words after power-up are undefined; their valid bit travels apart.
`resetall
`default_nettype none

module delay_line #(
  parameter integer WIDTH = 8,
  parameter integer DEPTH = 4
) (
  input  wire              clk,
  input  wire              rst,
  input  wire [WIDTH-1:0]  data_i,
  output logic [WIDTH-1:0] data_o
);
  localparam integer POINTER_W = $clog2(DEPTH);
  localparam integer LAST = DEPTH - 2;

  (* ram_style = "distributed" *) logic [WIDTH-1:0] ring [0:DEPTH-2];
  logic [POINTER_W-1:0] place;

  always_ff @(posedge clk) begin
    place <= (rst || place == LAST[POINTER_W-1:0]) ? '0 : place + 1'b1;
    data_o <= ring[place];
    ring[place] <= data_i;
  end
endmodule

`resetall
