// Packets to ticks: receiver, decoder, filter, order table, best price. The packet side never stalls; where the blocks
// behind the FIFO are slower than the feed, messages are lost, counted, and told as a gap.
//
// Before the feed begins the host waits for ready_o, then gives each instrument its locate code, its number and the
// lowest price of its window. receive_ns of a tick is now_ns_i at the first word of its packet.
`resetall
`default_nettype none

module packet_ticks #(
  parameter integer INSTRUMENT_W = 6,
  parameter integer LOCATE_W     = 16,
  parameter integer SET_W        = 12,
  parameter integer WAYS         = 4,
  parameter integer LEVEL_W      = 10,
  parameter integer STEP         = 100,
  parameter integer DEPTH_W      = 9
) (
  input  wire                     clk,
  input  wire                     rst,
  output logic                    ready_o,
  input  wire                     map_valid_i,
  input  wire  [LOCATE_W-1:0]     map_locate_i,
  input  wire  [INSTRUMENT_W-1:0] map_instrument_i,
  input  wire  [31:0]             map_base_i,
  input  wire  [63:0]             session_ns_i,
  input  wire  [63:0]             now_ns_i,
  input  wire  [63:0]             s_axis_tdata,
  input  wire  [7:0]              s_axis_tkeep,
  input  wire                     s_axis_tvalid,
  input  wire                     s_axis_tlast,
  output wire  [319:0]            m_axis_tdata,
  output wire                     m_axis_tvalid,
  input  wire                     m_axis_tready,
  output wire                     m_axis_tlast,
  output logic [31:0]             malformed_o,     // packets and messages
  output logic [31:0]             repeated_o,
  output logic [31:0]             foreign_o,
  output logic [31:0]             dropped_o,
  output logic [31:0]             unknown_o,
  output logic [31:0]             contradicted_o,
  output logic [31:0]             refused_o,
  output logic [31:0]             outside_o
);
  localparam integer BODY_W = 64 + 48 + 64 + 64 + 8 + 64 + 32 + 8 + 8;
  localparam integer EVENT_W = BODY_W + 8 + INSTRUMENT_W;
  localparam integer STAMP_W = 64 + 48 + 8 + 8;
  localparam integer TRADE_W = 1 + 32 + 64 + 2 + 1;

  // ---- the time of each packet, in step with the receiver's three stages
  logic        inside_packet;
  logic [63:0] stamp_a, stamp_b, stamp_c;
  always_ff @(posedge clk) begin
    if (rst) inside_packet <= 1'b0;
    else if (s_axis_tvalid) inside_packet <= !s_axis_tlast;
    if (s_axis_tvalid && !inside_packet) stamp_a <= now_ns_i;
    stamp_b <= stamp_a;
    stamp_c <= stamp_b;
  end

  wire         message_valid, gap, repeated, packet_malformed;
  wire [447:0] message;
  wire [5:0]   length;
  mold_rx mold_rx (
    .clk             (clk),
    .rst             (rst),
    .s_axis_tdata    (s_axis_tdata),
    .s_axis_tkeep    (s_axis_tkeep),
    .s_axis_tvalid   (s_axis_tvalid),
    .s_axis_tlast    (s_axis_tlast),
    .message_valid_o (message_valid),
    .message_o       (message),
    .length_o        (length),
    .sequence_o      (),
    .gap_o           (gap),
    .gap_first_o     (),
    .gap_count_o     (),
    .repeated_o      (repeated),
    .malformed_o     (packet_malformed)
  );

  wire        decoded_valid, message_malformed;
  wire [63:0] receive_ns, reference, new_reference, shares;
  wire [47:0] time_ns;
  wire [31:0] price;
  wire [15:0] locate;
  wire [7:0]  letter, side, code, market;
  itch_decode itch_decode (
    .clk             (clk),
    .rst             (rst),
    .message_valid_i (message_valid),
    .message_i       (message),
    .length_i        (length),
    .gap_i           (gap),
    .receive_ns_i    (stamp_c),
    .valid_o         (decoded_valid),
    .receive_ns_o    (receive_ns),
    .letter_o        (letter),
    .locate_o        (locate),
    .time_ns_o       (time_ns),
    .reference_o     (reference),
    .new_reference_o (new_reference),
    .side_o          (side),
    .shares_o        (shares),
    .price_o         (price),
    .code_o          (code),
    .market_o        (market),
    .malformed_o     (message_malformed)
  );

  wire                    own_valid, foreign, filter_ready;
  wire [7:0]              own_letter;
  wire [INSTRUMENT_W-1:0] own_instrument;
  wire [BODY_W-1:0]       own_body;
  symbol_filter #(
    .LOCATE_W     (LOCATE_W),
    .INSTRUMENT_W (INSTRUMENT_W),
    .USER_W       (BODY_W)
  ) symbol_filter (
    .clk              (clk),
    .rst              (rst),
    .ready_o          (filter_ready),
    .map_valid_i      (map_valid_i),
    .map_locate_i     (map_locate_i),
    .map_instrument_i (map_instrument_i),
    .valid_i          (decoded_valid),
    .letter_i         (letter),
    .code_i           (code),
    .locate_i         (locate),
    .user_i           ({reference, new_reference, side, shares, price, receive_ns, time_ns, code, market}),
    .valid_o          (own_valid),
    .letter_o         (own_letter),
    .instrument_o     (own_instrument),
    .user_o           (own_body),
    .foreign_o        (foreign)
  );

  wire               event_valid, event_ready, event_lost, dropped;
  wire [EVENT_W-1:0] event_word;
  loss_fifo #(
    .WIDTH   (EVENT_W),
    .DEPTH_W (DEPTH_W)
  ) loss_fifo (
    .clk       (clk),
    .rst       (rst),
    .write_i   (own_valid),
    .data_i    ({own_letter, own_instrument, own_body}),
    .valid_o   (event_valid),
    .lost_o    (event_lost),
    .data_o    (event_word),
    .ready_i   (event_ready),
    .dropped_o (dropped)
  );
  wire [STAMP_W-1:0] event_stamp = event_word[STAMP_W-1:0];

  wire                    effect_valid, effect_ready, effect_side, remove, add, closes, trade, auction;
  wire                    unknown, contradicted, refused;
  wire [7:0]              effect_letter;
  wire [INSTRUMENT_W-1:0] effect_instrument;
  wire [31:0]             remove_price, remove_shares, add_price, add_shares, trade_price;
  wire [63:0]             trade_shares;
  wire [1:0]              trade_side;
  wire [STAMP_W-1:0]      effect_stamp;
  order_table #(
    .INSTRUMENT_W (INSTRUMENT_W),
    .SET_W        (SET_W),
    .WAYS         (WAYS),
    .USER_W       (STAMP_W)
  ) order_table (
    .clk             (clk),
    .rst             (rst),
    .valid_i         (event_valid),
    .ready_o         (event_ready),
    .letter_i        (event_lost ? 8'd0 : event_word[BODY_W+INSTRUMENT_W+:8]),
    .instrument_i    (event_word[BODY_W+:INSTRUMENT_W]),
    .reference_i     (event_word[STAMP_W+168+:64]),
    .new_reference_i (event_word[STAMP_W+104+:64]),
    .side_i          (event_word[STAMP_W+96+:8]),
    .shares_i        (event_word[STAMP_W+32+:64]),
    .price_i         (event_word[STAMP_W+:32]),
    .code_i          (event_stamp[15:8]),
    .user_i          (event_stamp),
    .valid_o         (effect_valid),
    .ready_i         (effect_ready),
    .letter_o        (effect_letter),
    .instrument_o    (effect_instrument),
    .side_o          (effect_side),
    .remove_o        (remove),
    .remove_price_o  (remove_price),
    .remove_shares_o (remove_shares),
    .add_o           (add),
    .add_price_o     (add_price),
    .add_shares_o    (add_shares),
    .close_o         (closes),
    .trade_o         (trade),
    .trade_price_o   (trade_price),
    .trade_shares_o  (trade_shares),
    .trade_side_o    (trade_side),
    .auction_o       (auction),
    .user_o          (effect_stamp),
    .unknown_o       (unknown),
    .contradicted_o  (contradicted),
    .refused_o       (refused)
  );

  wire                       told_valid, told_ready, quote, closed, outside;
  wire [7:0]                 told_letter;
  wire [INSTRUMENT_W-1:0]    told_instrument;
  wire [31:0]                bid, bid_size, ask, ask_size;
  wire [STAMP_W+TRADE_W-1:0] told;
  best_price #(
    .INSTRUMENT_W (INSTRUMENT_W),
    .LEVEL_W      (LEVEL_W),
    .STEP         (STEP),
    .USER_W       (STAMP_W + TRADE_W)
  ) best_price (
    .clk               (clk),
    .rst               (rst),
    .base_valid_i      (map_valid_i),
    .base_instrument_i (map_instrument_i),
    .base_price_i      (map_base_i),
    .valid_i           (effect_valid),
    .ready_o           (effect_ready),
    .letter_i          (effect_letter),
    .instrument_i      (effect_instrument),
    .side_i            (effect_side),
    .remove_i          (remove),
    .remove_price_i    (remove_price),
    .remove_shares_i   (remove_shares),
    .add_i             (add),
    .add_price_i       (add_price),
    .add_shares_i      (add_shares),
    .close_i           (closes),
    .user_i            ({trade, trade_price, trade_shares, trade_side, auction, effect_stamp}),
    .valid_o           (told_valid),
    .ready_i           (told_ready),
    .letter_o          (told_letter),
    .instrument_o      (told_instrument),
    .quote_o           (quote),
    .closed_o          (closed),
    .bid_o             (bid),
    .bid_size_o        (bid_size),
    .ask_o             (ask),
    .ask_size_o        (ask_size),
    .user_o            (told),
    .outside_o         (outside)
  );

  tick_pack #(
    .INSTRUMENT_W (INSTRUMENT_W)
  ) tick_pack (
    .clk                 (clk),
    .rst                 (rst),
    .session_ns_i        (session_ns_i),
    .member_valid_i      (map_valid_i),
    .member_instrument_i (map_instrument_i),
    .valid_i             (told_valid),
    .ready_o             (told_ready),
    .letter_i            (told_letter),
    .instrument_i        (told_instrument),
    .receive_ns_i        (told[64+:64]),
    .time_ns_i           (told[16+:48]),
    .code_i              (told[15:8]),
    .market_i            (told[7:0]),
    .trade_i             (told[STAMP_W+99]),
    .trade_price_i       (told[STAMP_W+67+:32]),
    .trade_shares_i      (told[STAMP_W+3+:64]),
    .trade_side_i        (told[STAMP_W+1+:2]),
    .auction_i           (told[STAMP_W]),
    .quote_i             (quote),
    .closed_i            (closed),
    .bid_i               (bid),
    .bid_size_i          (bid_size),
    .ask_i               (ask),
    .ask_size_i          (ask_size),
    .m_axis_tdata        (m_axis_tdata),
    .m_axis_tvalid       (m_axis_tvalid),
    .m_axis_tready       (m_axis_tready),
    .m_axis_tlast        (m_axis_tlast)
  );

  // The table and the map are cleared at the same time; the larger of them says when the feed may begin.
  logic [SET_W:0] cleared;
  always_ff @(posedge clk) begin
    if (rst) cleared <= '0;
    else if (!cleared[SET_W]) cleared <= cleared + 1'b1;
    ready_o <= filter_ready && cleared[SET_W] && !rst;
    malformed_o    <= rst ? '0 : malformed_o + {30'd0, {1'b0, packet_malformed} + {1'b0, message_malformed}};
    repeated_o     <= rst ? '0 : repeated_o + {31'd0, repeated};
    foreign_o      <= rst ? '0 : foreign_o + {31'd0, foreign};
    dropped_o      <= rst ? '0 : dropped_o + {31'd0, dropped};
    unknown_o      <= rst ? '0 : unknown_o + {31'd0, unknown};
    contradicted_o <= rst ? '0 : contradicted_o + {31'd0, contradicted};
    refused_o      <= rst ? '0 : refused_o + {31'd0, refused};
    outside_o      <= rst ? '0 : outside_o + {31'd0, outside};
  end
endmodule

`resetall
