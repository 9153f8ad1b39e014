// A whole ITCH message to its parts, two clocks later. A gap of the receiver, or a message that has not the size of its
// type, leaves as letter 0: messages were lost. Types that make no tick are left out.
`resetall
`default_nettype none

module itch_decode (
  input  wire          clk,
  input  wire          rst,
  input  wire          message_valid_i,
  input  wire  [447:0] message_i,        // the first byte in [7:0]
  input  wire  [5:0]   length_i,
  input  wire          gap_i,            // not together with message_valid_i
  input  wire  [63:0]  receive_ns_i,
  output logic         valid_o,
  output logic [63:0]  receive_ns_o,
  output logic [7:0]   letter_o,
  output logic [15:0]  locate_o,
  output logic [47:0]  time_ns_o,
  output logic [63:0]  reference_o,
  output logic [63:0]  new_reference_o,
  output logic [7:0]   side_o,
  output logic [63:0]  shares_o,
  output logic [31:0]  price_o,
  output logic [7:0]   code_o,
  output logic [7:0]   market_o,
  output logic         malformed_o
);
  logic [447:0] message;
  logic [63:0]  receive_ns;
  logic [5:0]   length;
  logic         valid, gap;
  always_ff @(posedge clk) begin
    message    <= message_i;
    receive_ns <= receive_ns_i;
    length     <= length_i;
    valid      <= message_valid_i && !rst;
    gap        <= gap_i && !rst;
  end

  wire [5:0]  size;
  wire        is_known, is_used;
  wire [15:0] locate;
  wire [47:0] time_ns;
  wire [63:0] reference, new_reference, shares;
  wire [31:0] price;
  wire [7:0]  side, code, market;
  itch_fields itch_fields (
    .message_i       (message),
    .size_o          (size),
    .is_known_o      (is_known),
    .is_used_o       (is_used),
    .locate_o        (locate),
    .time_ns_o       (time_ns),
    .reference_o     (reference),
    .new_reference_o (new_reference),
    .side_o          (side),
    .shares_o        (shares),
    .price_o         (price),
    .code_o          (code),
    .market_o        (market)
  );

  wire malformed = valid && is_known && length != size;
  always_ff @(posedge clk) begin
    valid_o         <= (gap || malformed || (valid && is_used)) && !rst;
    malformed_o     <= malformed && !rst;
    letter_o        <= gap || malformed ? 8'd0 : message[7:0];
    receive_ns_o    <= receive_ns;
    locate_o        <= locate;
    time_ns_o       <= time_ns;
    reference_o     <= reference;
    new_reference_o <= new_reference;
    side_o          <= side;
    shares_o        <= shares;
    price_o         <= price;
    code_o          <= code;
    market_o        <= market;
  end
endmodule

`resetall
