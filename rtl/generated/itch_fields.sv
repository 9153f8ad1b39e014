// Made by rtl/generate.py: do not edit.
`resetall
`default_nettype none

module itch_fields (
  input  wire  [447:0] message_i,  // the first byte in [7:0]
  output logic [5:0]  size_o,
  output logic        is_known_o,
  output logic        is_used_o,
  output logic [15:0] locate_o,
  output logic [47:0] time_ns_o,
  output logic [63:0] reference_o,
  output logic [63:0] new_reference_o,
  output logic [7:0]  side_o,
  output logic [63:0] shares_o,
  output logic [31:0] price_o,
  output logic [7:0]  code_o,
  output logic [7:0]  market_o
);
  wire [7:0] letter = message_i[7:0];
  wire [7:0] b [0:55];
  genvar place;
  generate
    for (place = 0; place < 56; place = place + 1) begin : bytes
      assign b[place] = message_i[8*place+:8];
    end
  endgenerate
  always_comb begin
    size_o = '0;
    is_known_o = 1'b1;
    is_used_o = 1'b0;
    locate_o = '0;
    time_ns_o = '0;
    reference_o = '0;
    new_reference_o = '0;
    side_o = '0;
    shares_o = '0;
    price_o = '0;
    code_o = '0;
    market_o = '0;
    case (letter)
      "S": begin
        size_o = 6'd12;
        is_used_o = 1'b1;
        locate_o = {b[1], b[2]};
        time_ns_o = {b[5], b[6], b[7], b[8], b[9], b[10]};
        code_o = {b[11]};
      end
      "R": begin
        size_o = 6'd39;
      end
      "H": begin
        size_o = 6'd25;
        is_used_o = 1'b1;
        locate_o = {b[1], b[2]};
        time_ns_o = {b[5], b[6], b[7], b[8], b[9], b[10]};
        code_o = {b[19]};
      end
      "Y": begin
        size_o = 6'd20;
      end
      "L": begin
        size_o = 6'd26;
      end
      "V": begin
        size_o = 6'd35;
      end
      "W": begin
        size_o = 6'd12;
      end
      "K": begin
        size_o = 6'd28;
      end
      "J": begin
        size_o = 6'd35;
      end
      "h": begin
        size_o = 6'd21;
        is_used_o = 1'b1;
        locate_o = {b[1], b[2]};
        time_ns_o = {b[5], b[6], b[7], b[8], b[9], b[10]};
        code_o = {b[20]};
        market_o = {b[19]};
      end
      "A": begin
        size_o = 6'd36;
        is_used_o = 1'b1;
        locate_o = {b[1], b[2]};
        time_ns_o = {b[5], b[6], b[7], b[8], b[9], b[10]};
        reference_o = {b[11], b[12], b[13], b[14], b[15], b[16], b[17], b[18]};
        side_o = {b[19]};
        shares_o = {32'd0, b[20], b[21], b[22], b[23]};
        price_o = {b[32], b[33], b[34], b[35]};
      end
      "F": begin
        size_o = 6'd40;
        is_used_o = 1'b1;
        locate_o = {b[1], b[2]};
        time_ns_o = {b[5], b[6], b[7], b[8], b[9], b[10]};
        reference_o = {b[11], b[12], b[13], b[14], b[15], b[16], b[17], b[18]};
        side_o = {b[19]};
        shares_o = {32'd0, b[20], b[21], b[22], b[23]};
        price_o = {b[32], b[33], b[34], b[35]};
      end
      "E": begin
        size_o = 6'd31;
        is_used_o = 1'b1;
        locate_o = {b[1], b[2]};
        time_ns_o = {b[5], b[6], b[7], b[8], b[9], b[10]};
        reference_o = {b[11], b[12], b[13], b[14], b[15], b[16], b[17], b[18]};
        shares_o = {32'd0, b[19], b[20], b[21], b[22]};
      end
      "C": begin
        size_o = 6'd36;
        is_used_o = 1'b1;
        locate_o = {b[1], b[2]};
        time_ns_o = {b[5], b[6], b[7], b[8], b[9], b[10]};
        reference_o = {b[11], b[12], b[13], b[14], b[15], b[16], b[17], b[18]};
        shares_o = {32'd0, b[19], b[20], b[21], b[22]};
        price_o = {b[32], b[33], b[34], b[35]};
        code_o = {b[31]};
      end
      "X": begin
        size_o = 6'd23;
        is_used_o = 1'b1;
        locate_o = {b[1], b[2]};
        time_ns_o = {b[5], b[6], b[7], b[8], b[9], b[10]};
        reference_o = {b[11], b[12], b[13], b[14], b[15], b[16], b[17], b[18]};
        shares_o = {32'd0, b[19], b[20], b[21], b[22]};
      end
      "D": begin
        size_o = 6'd19;
        is_used_o = 1'b1;
        locate_o = {b[1], b[2]};
        time_ns_o = {b[5], b[6], b[7], b[8], b[9], b[10]};
        reference_o = {b[11], b[12], b[13], b[14], b[15], b[16], b[17], b[18]};
      end
      "U": begin
        size_o = 6'd35;
        is_used_o = 1'b1;
        locate_o = {b[1], b[2]};
        time_ns_o = {b[5], b[6], b[7], b[8], b[9], b[10]};
        reference_o = {b[11], b[12], b[13], b[14], b[15], b[16], b[17], b[18]};
        new_reference_o = {b[19], b[20], b[21], b[22], b[23], b[24], b[25], b[26]};
        shares_o = {32'd0, b[27], b[28], b[29], b[30]};
        price_o = {b[31], b[32], b[33], b[34]};
      end
      "P": begin
        size_o = 6'd44;
        is_used_o = 1'b1;
        locate_o = {b[1], b[2]};
        time_ns_o = {b[5], b[6], b[7], b[8], b[9], b[10]};
        reference_o = {b[11], b[12], b[13], b[14], b[15], b[16], b[17], b[18]};
        side_o = {b[19]};
        shares_o = {32'd0, b[20], b[21], b[22], b[23]};
        price_o = {b[32], b[33], b[34], b[35]};
      end
      "Q": begin
        size_o = 6'd40;
        is_used_o = 1'b1;
        locate_o = {b[1], b[2]};
        time_ns_o = {b[5], b[6], b[7], b[8], b[9], b[10]};
        shares_o = {b[11], b[12], b[13], b[14], b[15], b[16], b[17], b[18]};
        price_o = {b[27], b[28], b[29], b[30]};
      end
      "B": begin
        size_o = 6'd19;
      end
      "I": begin
        size_o = 6'd50;
      end
      "N": begin
        size_o = 6'd20;
      end
      "O": begin
        size_o = 6'd48;
      end
      default: is_known_o = 1'b0;
    endcase
  end
endmodule

`resetall
