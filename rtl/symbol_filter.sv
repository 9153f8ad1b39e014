// Locate codes to instrument numbers: what is of no instrument of ours is left out and counted. Lost messages (letter 0)
// and the end of the day (S with code E) concern all and pass. The host writes the map, once ready_o is high.
`resetall
`default_nettype none

module symbol_filter #(
  parameter integer LOCATE_W     = 16,  // codes beyond are of no instrument
  parameter integer INSTRUMENT_W = 6,
  parameter integer USER_W       = 8
) (
  input  wire                     clk,
  input  wire                     rst,
  output logic                    ready_o,       // the map is clear and may be written
  input  wire                     map_valid_i,
  input  wire  [LOCATE_W-1:0]     map_locate_i,
  input  wire  [INSTRUMENT_W-1:0] map_instrument_i,
  input  wire                     valid_i,
  input  wire  [7:0]              letter_i,
  input  wire  [7:0]              code_i,
  input  wire  [15:0]             locate_i,
  input  wire  [USER_W-1:0]       user_i,        // travels along
  output logic                    valid_o,
  output logic [7:0]              letter_o,
  output logic [INSTRUMENT_W-1:0] instrument_o,
  output logic [USER_W-1:0]       user_o,
  output logic                    foreign_o      // a message was left out
);
  localparam [7:0] SYSTEM = "S";
  localparam [7:0] DAY_ENDS = "E";

  logic [INSTRUMENT_W:0] map [0:(1<<LOCATE_W)-1];
  logic [INSTRUMENT_W:0] found;
  logic [LOCATE_W:0]     cleared;
  logic [7:0]            letter;
  logic [USER_W-1:0]     user;
  logic                  valid, of_all, beyond;
  wire clearing = !cleared[LOCATE_W];
  wire is_for_all = letter_i == 8'd0 || (letter_i == SYSTEM && code_i == DAY_ENDS);
  wire [16:0] end_of_map = 17'd1 << LOCATE_W;
  always_ff @(posedge clk) begin
    if (rst) cleared <= '0;
    else if (clearing) cleared <= cleared + 1'b1;
    ready_o <= !clearing && !rst;
    if (clearing) map[cleared[LOCATE_W-1:0]] <= '0;
    else if (map_valid_i) map[map_locate_i] <= {1'b1, map_instrument_i};

    found  <= map[locate_i[LOCATE_W-1:0]];
    valid  <= valid_i && !rst;
    letter <= letter_i;
    user   <= user_i;
    of_all <= is_for_all;
    beyond <= {1'b0, locate_i} >= end_of_map || letter_i == SYSTEM || clearing;

    valid_o      <= valid && (of_all || (found[INSTRUMENT_W] && !beyond)) && !rst;
    foreign_o    <= valid && !of_all && !(found[INSTRUMENT_W] && !beyond) && !rst;
    letter_o     <= letter;
    instrument_o <= of_all ? '0 : found[INSTRUMENT_W-1:0];
    user_o       <= user;
  end
endmodule

`resetall
