// MoldUDP64 packets to whole messages: 64-bit words of UDP payload in, at most one message a clock out. Never stalls,
// for a market-data feed cannot be held: there is no tready.
//
//   packet   session (10 bytes) · sequence of the first message u64 · count u16 · count times (length u16, message)
//            big-endian; count 0 is a heartbeat, 0xffff the end of the session: neither holds messages
//
// Each message leaves once, in order: what was seen before (repeated or older packets, also in part) is dropped and
// told by `repeated_o`; what is missing is told by one `gap_o` before the message behind it. A packet that contradicts
// itself (a length out of range, truncated, count and bytes differ, another session than the first) is told by
// `malformed_o`; its messages before the fault are kept, the lost ones show as the next gap.
// Sequences are compared modulo 2^64.
`resetall
`default_nettype none

module mold_rx #(
  parameter integer LENGTH_MIN = 12,  // at least 7: no two messages may end in one word
  parameter integer LENGTH_MAX = 50   // at most 56
) (
  input  wire          clk,
  input  wire          rst,
  input  wire  [63:0]  s_axis_tdata,   // the first byte in [7:0]
  input  wire  [7:0]   s_axis_tkeep,   // all ones, but for the last word of a packet: its first bytes
  input  wire          s_axis_tvalid,
  input  wire          s_axis_tlast,
  output logic         message_valid_o,
  output wire  [447:0] message_o,      // the first byte in [7:0]; undefined beyond the length
  output logic [5:0]   length_o,
  output logic [63:0]  sequence_o,
  output logic         gap_o,
  output logic [63:0]  gap_first_o,
  output logic [63:0]  gap_count_o,
  output logic         repeated_o,     // a message was dropped because it had been seen
  output logic         malformed_o
);
  // ---- A: the word, and how many bytes it has
  logic [63:0] word_a;
  logic        valid_a, last_a;
  logic [3:0]  bytes_a;
  logic [3:0]  bytes;
  always_comb begin
    bytes = 4'd0;
    for (int i = 0; i < 8; i = i + 1) if (s_axis_tkeep[i]) bytes = 4'(i + 1);
  end
  always_ff @(posedge clk) begin
    valid_a <= s_axis_tvalid && !rst;
    word_a  <= s_axis_tdata;
    last_a  <= s_axis_tlast;
    bytes_a <= bytes;
  end

  // ---- B: where messages begin and end
  // at_b: the place of the next length field in this word, -1 if its first byte was the last of the word before. It is
  // also where the last message ends: a whole packet ends there, with nothing left to begin.
  logic signed [7:0] at_b;
  logic [1:0]  part_b;       // 0, 1, 2: words of the header; 3: behind it
  logic [7:0]  carry_b;
  logic [15:0] left_b;       // messages that have not begun
  logic        open_b;       // a message has begun and not ended
  logic        bad_b;        // the rest of the packet is dropped
  wire         foreign_b;    // at part 2: of another session

  wire [71:0] window_b = {word_a, carry_b};
  wire [2:0]  from_b = 3'(at_b + 8'sd1);
  wire [71:0] shifted_b = window_b >> {from_b, 3'b000};
  wire [15:0] length_b = {shifted_b[7:0], shifted_b[15:8]};
  wire signed [7:0] bytes_b = $signed({4'd0, bytes_a});
  wire        here_b = at_b <= 8'sd6 && at_b + 8'sd2 <= bytes_b;
  wire        split_b = at_b == 8'sd7;
  wire        fits_b = length_b >= LENGTH_MIN[15:0] && length_b <= LENGTH_MAX[15:0];
  wire [15:0] count_b = {word_a[23:16], word_a[31:24]};
  wire        is_control_b = count_b == 16'd0 || count_b == 16'hffff;
  wire [15:0] begun_b = part_b == 2'd2 ? (is_control_b ? 16'd0 : count_b) : left_b;
  wire        none_left_b = begun_b == 16'd0;
  wire        header_b = valid_a && part_b == 2'd2 && bytes_a >= 4'd4;
  wire        is_good_b = !bad_b && !foreign_b;
  wire        wanted_b = valid_a && part_b >= 2'd2 && is_good_b && !none_left_b && here_b;
  wire        begins_b = wanted_b && fits_b;
  wire        ends_b = valid_a && open_b && at_b >= 8'sd1 && at_b <= bytes_b;
  wire signed [7:0] next_b = at_b + $signed({1'b0, length_b[6:0]}) - 8'sd6;
  wire        whole_b = at_b == bytes_b && none_left_b;
  wire        extra_b = part_b >= 2'd2 && none_left_b && at_b <= 8'sd7;  // a word that is not the last goes beyond
  wire        fault_b = valid_a && !bad_b &&
      (foreign_b || (wanted_b && !fits_b) || (last_a ? begins_b || !whole_b : extra_b));
  always_ff @(posedge clk) begin
    if (rst) begin
      at_b   <= 8'sd20;
      part_b <= 2'd0;
      bad_b  <= 1'b0;
      open_b <= 1'b0;
    end else if (valid_a) begin
      carry_b <= word_a[63:56];
      left_b  <= begun_b - {15'd0, begins_b};
      if (last_a) begin
        at_b   <= 8'sd20;
        part_b <= 2'd0;
        bad_b  <= 1'b0;
        open_b <= 1'b0;
      end else begin
        if (part_b != 2'd3) part_b <= part_b + 2'd1;
        at_b   <= begins_b ? next_b : split_b ? -8'sd1 : at_b > 8'sd7 ? at_b - 8'sd8 : at_b;
        open_b <= begins_b || (open_b && !ends_b);
        bad_b  <= bad_b || fault_b;
      end
    end
  end

  // The session of the first whole header is the only one until the next reset.
  logic        bound, differs_low;
  logic [79:0] named, session;
  logic [47:0] sequence_high;
  assign foreign_b = part_b == 2'd2 && bound && (differs_low || named[79:64] != session[79:64]);
  always_ff @(posedge clk) begin
    if (valid_a && part_b == 2'd0) named[63:0] <= word_a;
    if (valid_a && part_b == 2'd1) begin
      named[79:64]  <= word_a[15:0];
      sequence_high <= {word_a[23:16], word_a[31:24], word_a[39:32], word_a[47:40], word_a[55:48], word_a[63:56]};
    end
    differs_low <= named[63:0] != session[63:0];
    if (header_b && !bound) session <= named;
    bound <= !rst && (bound || header_b);
  end

  // ---- C: sequences
  logic        header_c, begins_c, ends_c, valid_c, fault_c;
  logic [63:0] word_c, before_c, header_sequence_c;
  logic [5:0]  length_c;
  logic [3:0]  body_c;
  always_ff @(posedge clk) begin
    valid_c  <= valid_a && !rst;
    header_c <= header_b && is_good_b && !rst;
    begins_c <= begins_b && !rst;
    ends_c   <= ends_b && !rst;
    fault_c  <= fault_b && !rst;
    header_sequence_c <= {sequence_high, word_a[7:0], word_a[15:8]};
    length_c <= length_b[5:0];
    body_c   <= 4'(at_b + 8'sd2);
    if (valid_a) begin
      word_c   <= word_a;
      before_c <= word_c;
    end
  end
  logic        known;               // a header has been seen
  logic [63:0] expected, sequence_now;
  wire  [63:0] ahead_c = header_sequence_c - expected;
  wire         is_ahead_c = !known || (!ahead_c[63] && ahead_c != 64'd0);
  wire         is_new_c = sequence_now == expected;
  logic [5:0]  length_now;
  always_ff @(posedge clk) begin
    gap_o           <= header_c && known && is_ahead_c && !rst;
    gap_first_o     <= expected;
    gap_count_o     <= ahead_c;
    message_valid_o <= ends_c && is_new_c && !rst;
    repeated_o      <= ends_c && !is_new_c && !rst;
    malformed_o     <= fault_c && !rst;
    if (header_c) sequence_now <= header_sequence_c;
    else if (ends_c) sequence_now <= sequence_now + 64'd1;
    if (header_c && is_ahead_c) expected <= header_sequence_c;
    else if (ends_c && is_new_c) expected <= expected + 64'd1;
    known <= !rst && (known || header_c);
    if (ends_c) begin
      length_o   <= length_now;
      sequence_o <= sequence_now;
    end
  end

  // ---- C: the bytes. A message's first byte stands at body_now (1..8) of the word that it began in; each later word
  // completes one word of the message and begins the next.
  logic [3:0]   body_now;
  logic [2:0]   lane;
  logic [63:0]  bank [0:6];
  wire  [127:0] both_c = {word_c, before_c} >> {body_now, 3'b000};
  wire  [63:0]  rest_c = word_c >> {body_now, 3'b000};
  always_ff @(posedge clk) begin
    if (valid_c) begin
      for (int i = 0; i < 7; i = i + 1) begin
        if (lane == 3'(i)) bank[i] <= both_c[63:0];
        else if (lane + 3'd1 == 3'(i)) bank[i] <= rest_c;
      end
      lane <= begins_c ? 3'd0 : lane + 3'd1;
      if (begins_c) begin
        body_now   <= body_c;
        length_now <= length_c;
      end
    end
  end
  assign message_o = {bank[6], bank[5], bank[4], bank[3], bank[2], bank[1], bank[0]};
endmodule

`resetall
