// udfs/features/preprocess.py as a pipeline: one tick a clock, no stall, the record STAGES clocks after its tick.
//
// Each recursion is a state_ram and one addition; everything else is feed-forward. A `clear` enters like a tick and
// writes zero wherever a tick of its instrument would write. The number at the end of a name is the stage whose
// registers hold it.
//
//   stage  0 tick   1 ranges, kinds   2 mean, quotes   3 distance   4 clip        5..7 square   8 variance
//         10 pairs 11 place of the pair 12,13 mantissa 14,15 root  16,17 product 18,19 shift    20 record
//   and    2..5 price x size, 4 flow of a quote, 6 sums and flow
`resetall
`default_nettype none

module preprocess_pipe #(
  parameter integer INSTRUMENT_W   = 6,  // instruments 0 .. 2^INSTRUMENT_W - 1
  parameter integer MEAN_SHIFT     = 4,
  parameter integer VARIANCE_SHIFT = 5
) (
  input  wire                    clk,
  input  wire                    rst,
  input  wire [319:0]            tick_i,
  input  wire                    valid_i,
  input  wire                    clear_i,  // not together with valid_i
  input  wire [INSTRUMENT_W-1:0] clear_instrument_i,
  output logic [895:0]           record_o,  // without the 16 zero bytes at its end
  output wire                    valid_o
);
  localparam integer LAST = 20;
  localparam [7:0] TRADE = 8'd0;
  localparam [7:0] BID = 8'd1;
  localparam [7:0] ASK = 8'd2;
  localparam [7:0] STATUS = 8'd4;
  localparam [7:0] BUY = 8'd0;
  localparam [7:0] SELL = 8'd1;
  localparam [63:0] GAP = 64'd3;
  localparam integer CORRECTION_BIT = 3;
  localparam integer CANCEL_BIT = 4;

  // What every stage needs to know of its tick.
  logic [LAST:0] valid, clear;
  logic [8:1]    known, print;
  logic [INSTRUMENT_W-1:0] address0, address1, address2, address3, address4, address5, address6, address7;
  always_ff @(posedge clk) begin
    valid <= rst ? '0 : {valid[LAST-1:0], valid_i};
    clear <= rst ? '0 : {clear[LAST-1:0], clear_i};
    address0 <= clear_i ? clear_instrument_i : tick_i[256+:INSTRUMENT_W];
    address1 <= address0;
    address2 <= address1;
    address3 <= address2;
    address4 <= address3;
    address5 <= address4;
    address6 <= address5;
    address7 <= address6;
  end
  assign valid_o = valid[LAST];

  // ---- 0 -> 1: the operands in 32 bits, and what kind of tick it is
  logic [319:0] tick0;
  logic [31:0] price1, size1;
  logic is_bid1, is_ask1, is_gap1, is_buy1, is_sell1, out_of_range1;
  wire [63:0] price0 = tick0[191:128];
  wire [63:0] size0 = tick0[255:192];
  wire [7:0]  kind0 = tick0[295:288];
  wire [7:0]  side0 = tick0[303:296];
  wire        price_beyond0 = |price0[63:32];
  wire        size_beyond0 = |size0[63:32];
  wire        known0 = !(|tick0[287:256+INSTRUMENT_W]) && valid[0];
  wire        print0 = kind0 == TRADE && !tick0[304+CORRECTION_BIT] && !tick0[304+CANCEL_BIT];
  wire        of_quotes0 = (&price0) || price0 == {56'd0, BID} || price0 == {56'd0, ASK};
  always_ff @(posedge clk) begin
    tick0 <= tick_i;
    price1 <= price0[63] ? 32'd0 : price_beyond0 ? 32'hffffffff : price0[31:0];
    size1 <= size0[63] ? 32'd0 : size_beyond0 ? 32'hffffffff : size0[31:0];
    out_of_range1 <= (price_beyond0 || size_beyond0) && known0 && (print0 || kind0 == BID || kind0 == ASK);
    known <= {known[7:1], known0};
    print <= {print[7:1], print0 && known0};
    is_bid1 <= kind0 == BID && known0;
    is_ask1 <= kind0 == ASK && known0;
    is_gap1 <= kind0 == STATUS && size0 == GAP && of_quotes0 && known0;
    is_buy1 <= side0 == BUY;
    is_sell1 <= side0 == SELL;
  end

  // ---- 1 -> 2: as they are; stage 2 reads and writes the mean and the quotes
  logic [31:0] price2, size2;
  logic is_bid2, is_ask2, is_gap2, is_buy2, is_sell2, out_of_range2;
  always_ff @(posedge clk) begin
    price2 <= price1;
    size2 <= size1;
    {is_bid2, is_ask2, is_gap2} <= {is_bid1, is_ask1, is_gap1};
    {is_buy2, is_sell2, out_of_range2} <= {is_buy1, is_sell1, out_of_range1};
  end

  // ---- 2 -> 3: M' = M - (M >> K) + price, an untraded instrument starting at its fixed point price << K
  localparam integer MEAN_W = 32 + MEAN_SHIFT;
  wire              traded2;
  wire [MEAN_W-1:0] mean2;
  wire [MEAN_W-1:0] start2 = {price2, {MEAN_SHIFT{1'b0}}};
  wire [MEAN_W-1:0] before2 = traded2 ? mean2 : start2;
  wire [MEAN_W-1:0] plus2 = {{MEAN_SHIFT{1'b0}}, price2};
  wire [MEAN_W-1:0] minus2 = ~{{MEAN_SHIFT{1'b0}}, before2[MEAN_W-1:MEAN_SHIFT]};
  // three operands through one compressor into one carry chain; the 1 completes the two's complement
  wire [MEAN_W-1:0] xor2 = before2 ^ plus2 ^ minus2;
  wire [MEAN_W-1:0] carry2 = (before2 & plus2) | (before2 & minus2) | (plus2 & minus2);
  wire [MEAN_W-1:0] after2 = xor2 + {carry2[MEAN_W-2:0], 1'b1};
  state_ram #(
    .ADDRESS_W (INSTRUMENT_W),
    .WIDTH     (MEAN_W + 1)
  ) mean_ram (
    .clk       (clk),
    .address_i (address1),
    .state_o   ({traded2, mean2}),
    .write_i   (print[2] || clear[2]),
    .next_i    (clear[2] ? '0 : {1'b1, after2})
  );

  // The quotes: {known, price, size}. A gap forgets that they are known, not what they were.
  wire bid_known2, ask_known2;
  wire [31:0] bid2, bid_size2, ask2, ask_size2;
  wire has_size2 = |size2;
  wire [31:0] bid_new2 = has_size2 ? price2 : 32'd0;
  wire [31:0] ask_new2 = has_size2 ? price2 : 32'hffffffff;
  wire [64:0] bid_after2 = is_bid2 ? {1'b1, bid_new2, size2} : {bid_known2 && !is_gap2, bid2, bid_size2};
  wire [64:0] ask_after2 = is_ask2 ? {1'b1, ask_new2, size2} : {ask_known2 && !is_gap2, ask2, ask_size2};
  state_ram #(
    .ADDRESS_W (INSTRUMENT_W),
    .WIDTH     (65)
  ) bid_ram (
    .clk       (clk),
    .address_i (address1),
    .state_o   ({bid_known2, bid2, bid_size2}),
    .write_i   (is_bid2 || is_gap2 || clear[2]),
    .next_i    (clear[2] ? '0 : bid_after2)
  );
  state_ram #(
    .ADDRESS_W (INSTRUMENT_W),
    .WIDTH     (65)
  ) ask_ram (
    .clk       (clk),
    .address_i (address1),
    .state_o   ({ask_known2, ask2, ask_size2}),
    .write_i   (is_ask2 || is_gap2 || clear[2]),
    .next_i    (clear[2] ? '0 : ask_after2)
  );

  logic [MEAN_W-1:0] before3, start3, mean3;
  logic [129:0] quotes3;
  logic [32:0] bid_old3, ask_old3;
  logic [31:0] old_size3, new3, size3;
  logic traded3, is_bid3, is_quote3, out_of_range3, is_buy3, is_sell3;
  always_ff @(posedge clk) begin
    before3 <= before2;
    start3 <= start2;
    mean3 <= print[2] ? after2 : traded2 ? mean2 : '0;
    traded3 <= traded2 || print[2];
    quotes3 <= {ask_after2, bid_after2};
    bid_old3 <= {bid_known2, bid2};
    ask_old3 <= {ask_known2, ask2};
    old_size3 <= is_bid2 ? bid_size2 : ask_size2;
    new3 <= is_bid2 ? bid_new2 : ask_new2;
    size3 <= size2;
    is_bid3 <= is_bid2;
    is_quote3 <= is_bid2 ? bid_known2 : is_ask2 && ask_known2;
    {out_of_range3, is_buy3, is_sell3} <= {out_of_range2, is_buy2, is_sell2};
  end

  // ---- 3 -> 5: the distance, clipped; the flow of a quote, in two steps
  wire signed [MEAN_W:0] exact3 = $signed({1'b0, start3}) - $signed({1'b0, before3});
  wire [31:0] old3 = is_bid3 ? bid_old3[31:0] : ask_old3[31:0];
  logic signed [32:0] exact4;
  logic [31:0] gained4, lost4, size4;
  logic is_buy4, is_sell4;
  always_ff @(posedge clk) begin
    exact4 <= exact3[MEAN_W:MEAN_SHIFT];
    gained4 <= !is_quote3 || new3 < old3 ? 32'd0 : is_bid3 ? size3 : old_size3;
    lost4 <= !is_quote3 || new3 > old3 ? 32'd0 : is_bid3 ? old_size3 : size3;
    size4 <= size3;
    {is_buy4, is_sell4} <= {is_buy3, is_sell3};
  end

  wire above4 = !exact4[32] && (|exact4[31:17]);
  wire below4 = exact4[32] && (!(&exact4[31:17]) || exact4[16:0] == 17'd0);
  logic signed [17:0] distance5;
  logic clipped5;
  logic signed [32:0] flow5, signed5;
  logic [31:0] size5;
  always_ff @(posedge clk) begin
    distance5 <= !print[4] ? '0 : above4 ? 18'sh1ffff : below4 ? -18'sh1ffff : exact4[17:0];
    clipped5 <= print[4] && (above4 || below4);
    flow5 <= $signed({1'b0, gained4}) - $signed({1'b0, lost4});
    size5 <= print[4] ? size4 : '0;
    signed5 <= !print[4] ? '0 : is_buy4 ? $signed({1'b0, size4}) : is_sell4 ? -$signed({1'b0, size4}) : '0;
  end

  // ---- 1 -> 5: price x size from four products of 16 bits
  logic [31:0] low2, cross_a2, cross_b2, high2, low3, cross_a3, cross_b3, high3, low4, high4;
  logic [32:0] cross4;
  logic [63:0] product5;
  always_ff @(posedge clk) begin
    low2 <= price1[15:0] * size1[15:0];
    cross_a2 <= price1[31:16] * size1[15:0];
    cross_b2 <= price1[15:0] * size1[31:16];
    high2 <= price1[31:16] * size1[31:16];
    {low3, cross_a3, cross_b3, high3} <= {low2, cross_a2, cross_b2, high2};
    {low4, high4} <= {low3, high3};
    cross4 <= {1'b0, cross_a3} + {1'b0, cross_b3};
    product5 <= print[4] ? {high4, low4} + {15'd0, cross4, 16'd0} : '0;
  end

  // ---- 5 -> 7: the four sums, each held at the end of its range
  logic signed [32:0] flow6, signed6;
  logic [31:0] size6;
  logic [63:0] product6;
  always_ff @(posedge clk) begin
    {flow6, signed6, size6, product6} <= {flow5, signed5, size5, product5};
  end
  wire [62:0] value6, volume6;
  wire [63:0] net6, flow_sum6;
  wire [64:0] value_sum6 = {2'b00, value6} + {1'b0, product6};
  wire [63:0] volume_sum6 = {1'b0, volume6} + {32'd0, size6};
  wire [64:0] net_sum6 = {net6[63], net6} + {{32{signed6[32]}}, signed6};
  wire [64:0] flow_after6 = {flow_sum6[63], flow_sum6} + {{32{flow6[32]}}, flow6};
  wire [62:0] value_next6 = (|value_sum6[64:63]) ? '1 : value_sum6[62:0];
  wire [62:0] volume_next6 = volume_sum6[63] ? '1 : volume_sum6[62:0];
  wire [63:0] net_next6 = (net_sum6[64] ^ net_sum6[63]) ? {net_sum6[64], {63{!net_sum6[64]}}} : net_sum6[63:0];
  wire [63:0] flow_next6 =
      (flow_after6[64] ^ flow_after6[63]) ? {flow_after6[64], {63{!flow_after6[64]}}} : flow_after6[63:0];
  wire write6 = known[6] || clear[6];
  state_ram #(
    .ADDRESS_W (INSTRUMENT_W),
    .WIDTH     (63)
  ) value_ram (
    .clk       (clk),
    .address_i (address5),
    .state_o   (value6),
    .write_i   (write6),
    .next_i    (clear[6] ? '0 : value_next6)
  );
  state_ram #(
    .ADDRESS_W (INSTRUMENT_W),
    .WIDTH     (63)
  ) volume_ram (
    .clk       (clk),
    .address_i (address5),
    .state_o   (volume6),
    .write_i   (write6),
    .next_i    (clear[6] ? '0 : volume_next6)
  );
  state_ram #(
    .ADDRESS_W (INSTRUMENT_W),
    .WIDTH     (64)
  ) net_ram (
    .clk       (clk),
    .address_i (address5),
    .state_o   (net6),
    .write_i   (write6),
    .next_i    (clear[6] ? '0 : net_next6)
  );
  state_ram #(
    .ADDRESS_W (INSTRUMENT_W),
    .WIDTH     (64)
  ) flow_ram (
    .clk       (clk),
    .address_i (address5),
    .state_o   (flow_sum6),
    .write_i   (write6),
    .next_i    (clear[6] ? '0 : flow_next6)
  );
  logic [62:0] value7, volume7, value8, volume8;
  logic [63:0] net7, flow7, net8, flow8;
  logic full8;
  wire net_at_end7 = (&net7[62:0] && !net7[63]) || (net7[63] && !(|net7[62:0]));
  wire flow_at_end7 = (&flow7[62:0] && !flow7[63]) || (flow7[63] && !(|flow7[62:0]));
  always_ff @(posedge clk) begin
    {value7, volume7, net7, flow7} <= {value_next6, volume_next6, net_next6, flow_next6};
    {value8, volume8, net8, flow8} <= {value7, volume7, net7, flow7};
    full8 <= (&value7) || (&volume7) || net_at_end7 || flow_at_end7;
  end

  // ---- 5 -> 9: S' = S - (S >> K) + distance^2
  localparam integer VARIANCE_W = 34 + VARIANCE_SHIFT;
  logic [35:0] square6, square7;
  logic [33:0] square8;
  wire signed [35:0] square5 = distance5 * distance5;
  wire [VARIANCE_W-1:0] variance8;
  wire [VARIANCE_W-1:0] add8 = {{VARIANCE_SHIFT{1'b0}}, square8};
  wire [VARIANCE_W-1:0] sub8 = ~{{VARIANCE_SHIFT{1'b0}}, variance8[VARIANCE_W-1:VARIANCE_SHIFT]};
  wire [VARIANCE_W-1:0] xor8 = variance8 ^ add8 ^ sub8;
  wire [VARIANCE_W-1:0] carry8 = (variance8 & add8) | (variance8 & sub8) | (add8 & sub8);
  wire [VARIANCE_W-1:0] variance_after8 = xor8 + {carry8[VARIANCE_W-2:0], 1'b1};
  state_ram #(
    .ADDRESS_W (INSTRUMENT_W),
    .WIDTH     (VARIANCE_W)
  ) variance_ram (
    .clk       (clk),
    .address_i (address7),
    .state_o   (variance8),
    .write_i   (print[8] || clear[8]),
    .next_i    (clear[8] ? '0 : variance_after8)
  );
  logic [VARIANCE_W-1:0] kept9;
  always_ff @(posedge clk) begin
    square6 <= square5;
    square7 <= square6;
    square8 <= square7[33:0];
    kept9 <= print[8] ? variance_after8 : variance8;
  end

  // ---- 9 -> 15: the leading pair of bits, the mantissa below it, its inverse root
  wire [41:0] variance9 = {kept9, {(8-VARIANCE_SHIFT){1'b0}}};
  logic [41:0] variance10, variance11, coarse12;
  logic [20:0] pairs10;
  logic [4:0]  pair10, pair11, pair12, pair13, pair14, pair15, pair16, pair17;
  logic [1:0]  fine12;
  logic [7:0]  mantissa13;
  wire  [16:0] root14;
  logic [16:0] root15;
  wire  [4:0]  up11 = 5'd20 - pair11;
  wire  [41:0] mantissa12 = coarse12 << {fine12, 1'b0};
  always_comb begin
    pair10 = '0;
    for (int i = 0; i < 21; i = i + 1) if (pairs10[i]) pair10 = 5'(i);
  end
  always_ff @(posedge clk) begin
    variance10 <= variance9;
    for (int i = 0; i < 21; i = i + 1) pairs10[i] <= |variance9[2*i+:2];
    variance11 <= variance10;
    pair11 <= pair10;
    coarse12 <= variance11 << {up11[4:2], 3'b000};
    fine12 <= up11[1:0];
    mantissa13 <= mantissa12[41:34];
    root15 <= root14;
    {pair12, pair13, pair14, pair15, pair16, pair17} <= {pair11, pair12, pair13, pair14, pair15, pair16};
  end
  inverse_root_rom inverse_root_rom (
    .clk        (clk),
    .mantissa_i (mantissa13),
    .root_o     (root14)
  );

  // ---- 15 -> 19: z = distance x root >> (2 + pair)
  wire signed [17:0] distance15;
  logic signed [35:0] product16, product17, coarse18;
  logic signed [15:0] z19;
  logic [2:0] fine18;
  wire [5:0] down17 = 6'd2 + {1'b0, pair17};
  wire signed [35:0] fine_product18 = coarse18 >>> fine18;
  always_ff @(posedge clk) begin
    product16 <= distance15 * $signed({1'b0, root15});
    product17 <= product16;
    coarse18 <= product17 >>> {down17[5:3], 3'b000};
    fine18 <= down17[2:0];
    z19 <= fine_product18[15:0];
  end

  // ---- everything that is ready earlier waits for z
  wire signed [17:0] distance19;
  wire [319:0] tick19;
  wire [41:0] variance19;
  wire [MEAN_W-1:0] mean19;
  wire [129:0] quotes19;
  wire [253:0] sums19;
  wire traded19, out_of_range19, clipped19, full19, known19;
  delay_line #(.WIDTH(18), .DEPTH(10)) distance_to_15 (.clk, .rst, .data_i(distance5), .data_o(distance15));
  delay_line #(.WIDTH(18), .DEPTH(4)) distance_to_19 (.clk, .rst, .data_i(distance15), .data_o(distance19));
  delay_line #(.WIDTH(320), .DEPTH(19)) tick_to_19 (.clk, .rst, .data_i(tick0), .data_o(tick19));
  delay_line #(.WIDTH(42), .DEPTH(10)) variance_to_19 (.clk, .rst, .data_i(variance9), .data_o(variance19));
  delay_line #(.WIDTH(MEAN_W), .DEPTH(16)) mean_to_19 (.clk, .rst, .data_i(mean3), .data_o(mean19));
  delay_line #(.WIDTH(130), .DEPTH(16)) quotes_to_19 (.clk, .rst, .data_i(quotes3), .data_o(quotes19));
  delay_line #(.WIDTH(2), .DEPTH(16)) marks_to_19 (
    .clk, .rst, .data_i({traded3, out_of_range3}), .data_o({traded19, out_of_range19})
  );
  delay_line #(.WIDTH(1), .DEPTH(14)) clipped_to_19 (.clk, .rst, .data_i(clipped5), .data_o(clipped19));
  delay_line #(.WIDTH(256), .DEPTH(11)) sums_to_19 (
    .clk, .rst, .data_i({full8, known[8], flow8, net8, volume8, value8}), .data_o({full19, known19, sums19})
  );

  wire [15:0] marks19 = {10'd0, quotes19[129], quotes19[64], traded19, full19, out_of_range19, clipped19};
  wire [575:0] columns19 = {
    marks19, z19, {{14{distance19[17]}}, distance19},
    quotes19[96:65], quotes19[128:97], quotes19[31:0], quotes19[63:32],
    sums19[253:126], 1'b0, sums19[125:63], 1'b0, sums19[62:0],
    22'd0, variance19, {(64-MEAN_W-(8-MEAN_SHIFT)){1'b0}}, mean19, {(8-MEAN_SHIFT){1'b0}}
  };
  always_ff @(posedge clk) begin
    record_o <= {known19 ? columns19 : 576'd0, tick19};
  end
endmodule

`resetall
