// udfs/features/preprocess.py as a pipeline: one tick a clock, no stall, the record STAGES clocks after its tick.
//
// Each recursion is a state_ram (or a saturating_sum) and one addition whose end is a register; everything else is
// feed-forward. A `clear` enters like a tick and writes zero wherever a tick of its instrument would write. The number
// at the end of a name is the stage whose registers hold it.
//
//   stage  0 tick   1 ranges, kinds, traded   2 mean, quotes   3 distance     4 clip   5..7 square   8 variance
//         10 kept  11 pairs  12,13 place of the leading pair  14 mantissa    15,16 root  17,18 product  19,20 shift
//         21 record
//   and    2..5 price x size, 3..5 flow of a quote, 6 sums and flow, 9,10 at an end
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
  localparam integer LAST = 21;
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
  logic [9:1]    known, print;
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
    known <= {known[8:1], known0};
    print <= {print[8:1], print0 && known0};
    is_bid1 <= kind0 == BID && known0;
    is_ask1 <= kind0 == ASK && known0;
    is_gap1 <= kind0 == STATUS && size0 == GAP && of_quotes0 && known0;
    is_buy1 <= side0 == BUY;
    is_sell1 <= side0 == SELL;
  end

  // ---- 1 -> 2: whether the instrument was traded before, so what a print adds to the mean; stage 2 reads and writes
  // the mean and the quotes
  localparam integer MEAN_W = 32 + MEAN_SHIFT;
  wire traded1;
  state_ram #(
    .ADDRESS_W (INSTRUMENT_W),
    .WIDTH     (1)
  ) traded_ram (
    .clk       (clk),
    .address_i (address0),
    .state_o   (traded1),
    .write_i   (print[1] || clear[1]),
    .clear_i   (clear[1]),
    .next_i    (1'b1)
  );
  logic [MEAN_W-1:0] plus2;
  logic [31:0] price2, size2;
  logic is_bid2, is_ask2, is_gap2, is_buy2, is_sell2, out_of_range2, traded2;
  always_ff @(posedge clk) begin
    plus2 <= traded1 ? {{MEAN_SHIFT{1'b0}}, price1} : {price1, {MEAN_SHIFT{1'b0}}};
    traded2 <= traded1;
    price2 <= price1;
    size2 <= size1;
    {is_bid2, is_ask2, is_gap2} <= {is_bid1, is_ask1, is_gap1};
    {is_buy2, is_sell2, out_of_range2} <= {is_buy1, is_sell1, out_of_range1};
  end

  // ---- 2 -> 3: M' = M - (M >> K) + price; M is 0 before the first print, which makes it price << K, its fixed point
  wire [MEAN_W-1:0] mean2;
  wire [MEAN_W-1:0] minus2 = ~{{MEAN_SHIFT{1'b0}}, mean2[MEAN_W-1:MEAN_SHIFT]};
  // three operands through one compressor into one carry chain; the 1 completes the two's complement
  wire [MEAN_W-1:0] xor2 = mean2 ^ plus2 ^ minus2;
  wire [MEAN_W-1:0] carry2 = (mean2 & plus2) | (mean2 & minus2) | (plus2 & minus2);
  wire [MEAN_W-1:0] after2 = xor2 + {carry2[MEAN_W-2:0], 1'b1};
  state_ram #(
    .ADDRESS_W (INSTRUMENT_W),
    .WIDTH     (MEAN_W)
  ) mean_ram (
    .clk       (clk),
    .address_i (address1),
    .state_o   (mean2),
    .write_i   (print[2] || clear[2]),
    .clear_i   (clear[2]),
    .next_i    (after2)
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
    .clear_i   (clear[2]),
    .next_i    (bid_after2)
  );
  state_ram #(
    .ADDRESS_W (INSTRUMENT_W),
    .WIDTH     (65)
  ) ask_ram (
    .clk       (clk),
    .address_i (address1),
    .state_o   ({ask_known2, ask2, ask_size2}),
    .write_i   (is_ask2 || is_gap2 || clear[2]),
    .clear_i   (clear[2]),
    .next_i    (ask_after2)
  );

  logic [MEAN_W-1:0] before3, after3;
  logic [129:0] quotes3;
  logic [31:0] price3, old3, old_size3, new3, size3;
  logic traded3, is_bid3, is_quote3, out_of_range3, is_buy3, is_sell3;
  always_ff @(posedge clk) begin
    before3 <= mean2;
    after3 <= after2;
    price3 <= price2;
    traded3 <= traded2;
    quotes3 <= {ask_after2, bid_after2};
    old3 <= is_bid2 ? bid2 : ask2;
    old_size3 <= is_bid2 ? bid_size2 : ask_size2;
    new3 <= is_bid2 ? bid_new2 : ask_new2;
    size3 <= size2;
    is_bid3 <= is_bid2;
    is_quote3 <= is_bid2 ? bid_known2 : is_ask2 && ask_known2;
    {out_of_range3, is_buy3, is_sell3} <= {out_of_range2, is_buy2, is_sell2};
  end

  // ---- 3 -> 5: the distance, clipped; 3 -> 6: the flow of a quote
  wire signed [MEAN_W:0] exact3 = $signed({1'b0, price3, {MEAN_SHIFT{1'b0}}}) - $signed({1'b0, before3});
  logic [MEAN_W-1:0] mean4;
  logic signed [32:0] exact4;
  logic [31:0] old_size4, size4;
  logic traded4, moves4, out_of_range4, is_bid4, is_quote4, falls4, rises4, is_buy4, is_sell4;
  always_ff @(posedge clk) begin
    mean4 <= print[3] ? after3 : before3;
    traded4 <= traded3 || print[3];
    moves4 <= traded3 && print[3];  // the first print has no distance
    exact4 <= exact3[MEAN_W:MEAN_SHIFT];
    falls4 <= new3 < old3;
    rises4 <= new3 > old3;
    old_size4 <= old_size3;
    size4 <= size3;
    {is_bid4, is_quote4} <= {is_bid3, is_quote3};
    {out_of_range4, is_buy4, is_sell4} <= {out_of_range3, is_buy3, is_sell3};
  end

  wire above4 = !exact4[32] && (|exact4[31:17]);
  wire below4 = exact4[32] && (!(&exact4[31:17]) || exact4[16:0] == 17'd0);
  logic signed [17:0] distance5;
  logic clipped5;
  logic [31:0] gained5, lost5, size5;
  logic signed [32:0] signed5;
  always_ff @(posedge clk) begin
    distance5 <= !moves4 ? '0 : above4 ? 18'sh1ffff : below4 ? -18'sh1ffff : exact4[17:0];
    clipped5 <= moves4 && (above4 || below4);
    gained5 <= !is_quote4 || falls4 ? 32'd0 : is_bid4 ? size4 : old_size4;
    lost5 <= !is_quote4 || rises4 ? 32'd0 : is_bid4 ? old_size4 : size4;
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

  // ---- 5 -> 10: the four sums, each held at the end of its range, and whether one is there
  logic signed [32:0] flow6, signed6, size6;
  logic signed [63:0] product6;
  always_ff @(posedge clk) begin
    flow6 <= $signed({1'b0, gained5}) - $signed({1'b0, lost5});
    signed6 <= signed5;
    size6 <= $signed({1'b0, size5});
    product6 <= product5[63] ? {1'b0, {63{1'b1}}} : product5;  // at the end or beyond: the sum is too
  end
  wire [63:0] value7, volume7, net7, flow7;
  wire write6 = known[6] || clear[6];
  saturating_sum #(
    .ADDRESS_W (INSTRUMENT_W),
    .ADD_W     (64)
  ) value_sum (
    .clk       (clk),
    .address_i (address5),
    .write_i   (write6),
    .clear_i   (clear[6]),
    .add_i     (product6),
    .sum_o     (value7)
  );
  saturating_sum #(
    .ADDRESS_W (INSTRUMENT_W),
    .ADD_W     (33)
  ) volume_sum (
    .clk       (clk),
    .address_i (address5),
    .write_i   (write6),
    .clear_i   (clear[6]),
    .add_i     (size6),
    .sum_o     (volume7)
  );
  saturating_sum #(
    .ADDRESS_W (INSTRUMENT_W),
    .ADD_W     (33)
  ) net_sum (
    .clk       (clk),
    .address_i (address5),
    .write_i   (write6),
    .clear_i   (clear[6]),
    .add_i     (signed6),
    .sum_o     (net7)
  );
  saturating_sum #(
    .ADDRESS_W (INSTRUMENT_W),
    .ADD_W     (33)
  ) flow_sum (
    .clk       (clk),
    .address_i (address5),
    .write_i   (write6),
    .clear_i   (clear[6]),
    .add_i     (flow6),
    .sum_o     (flow7)
  );
  logic [63:0] value8, volume8, net8, flow8;
  logic [15:0] highest9;  // of each 16 bits of each sum
  logic [7:0]  lowest9;   // the two that can be negative
  logic full10;
  wire [3:0] at_highest9 = {&highest9[15:12], &highest9[11:8], &highest9[7:4], &highest9[3:0]};
  wire [1:0] at_lowest9 = {&lowest9[7:4], &lowest9[3:0]};
  wire [255:0] to_highest8 = {value8, volume8, net8, flow8} ^ {4{1'b1, 63'd0}};
  wire [127:0] to_lowest8 = {net8, flow8} ^ {2{1'b1, 63'd0}};
  always_ff @(posedge clk) begin
    {value8, volume8, net8, flow8} <= {value7, volume7, net7, flow7};
    for (int i = 0; i < 16; i = i + 1) highest9[i] <= &to_highest8[16*i+:16];
    for (int i = 0; i < 8; i = i + 1) lowest9[i] <= !(|to_lowest8[16*i+:16]);
    full10 <= (|at_highest9) || (|at_lowest9);
  end

  // ---- 5 -> 10: S' = S - (S >> K) + distance^2
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
    .clear_i   (clear[8]),
    .next_i    (variance_after8)
  );
  logic [VARIANCE_W-1:0] before9, after9, kept10;
  always_ff @(posedge clk) begin
    square6 <= square5;
    square7 <= square6;
    square8 <= square7[33:0];
    before9 <= variance8;
    after9 <= variance_after8;
    kept10 <= print[9] ? after9 : before9;
  end

  // ---- 10 -> 16: the leading pair of bits, counted from the top, the mantissa below it, its inverse root
  wire [41:0] variance10 = {kept10, {(8-VARIANCE_SHIFT){1'b0}}};
  logic [41:0] variance11, variance12, shifted13;
  logic [4:0]  bytes11;  // which of the upper five bytes, from the top, are not zero
  logic [2:0]  skip12, skip13;  // bytes above the leading one
  logic [7:0]  mantissa14;
  logic [4:0]  up14;
  logic [5:0]  down15, down16, down17, down18;
  wire  [16:0] root15;
  logic [16:0] root16;
  wire  [1:0]  pairs13 =  // pairs above the leading one in its byte
      (|shifted13[41:40]) || !(|shifted13[39:34]) ? 2'd0 : (|shifted13[39:38]) ? 2'd1 : (|shifted13[37:36]) ? 2'd2 : 2'd3;
  wire  [41:0] mantissa13 = shifted13 << {pairs13, 1'b0};
  always_ff @(posedge clk) begin
    variance11 <= variance10;
    for (int i = 0; i < 5; i = i + 1) bytes11[i] <= |variance10[34-8*i+:8];
    variance12 <= variance11;
    skip12 <= bytes11[0] ? 3'd0 : bytes11[1] ? 3'd1 : bytes11[2] ? 3'd2 : bytes11[3] ? 3'd3 : bytes11[4] ? 3'd4 : 3'd5;
    shifted13 <= variance12 << {skip12, 3'b000};
    skip13 <= skip12;
    mantissa14 <= mantissa13[41:34];
    up14 <= {skip13, pairs13};
    down15 <= 6'd22 - {1'b0, up14};
    root16 <= root15;
    {down16, down17, down18} <= {down15, down16, down17};
  end
  inverse_root_rom inverse_root_rom (
    .clk        (clk),
    .mantissa_i (mantissa14),
    .root_o     (root15)
  );

  // ---- 16 -> 20: z = distance x root >> (2 + pair), the pair 20 - up
  wire signed [17:0] distance16;
  logic signed [35:0] product17, product18, coarse19;
  logic signed [15:0] z20;
  logic [2:0] fine19;
  wire signed [35:0] fine_product19 = coarse19 >>> fine19;
  always_ff @(posedge clk) begin
    product17 <= distance16 * $signed({1'b0, root16});
    product18 <= product17;
    coarse19 <= product18 >>> {down18[5:3], 3'b000};
    fine19 <= down18[2:0];
    z20 <= fine_product19[15:0];
  end

  // ---- everything that is ready earlier waits for z
  wire signed [17:0] distance20;
  wire [319:0] tick20;
  wire [41:0] variance20;
  wire [MEAN_W-1:0] mean20;
  wire [129:0] quotes20;
  wire [255:0] sums20;
  wire traded20, out_of_range20, clipped20, full20, known20;
  delay_line #(.WIDTH(18), .DEPTH(11)) distance_to_16 (.clk, .rst, .data_i(distance5), .data_o(distance16));
  delay_line #(.WIDTH(18), .DEPTH(4)) distance_to_20 (.clk, .rst, .data_i(distance16), .data_o(distance20));
  delay_line #(.WIDTH(320), .DEPTH(20)) tick_to_20 (.clk, .rst, .data_i(tick0), .data_o(tick20));
  delay_line #(.WIDTH(42), .DEPTH(10)) variance_to_20 (.clk, .rst, .data_i(variance10), .data_o(variance20));
  delay_line #(.WIDTH(MEAN_W), .DEPTH(16)) mean_to_20 (.clk, .rst, .data_i(mean4), .data_o(mean20));
  delay_line #(.WIDTH(130), .DEPTH(17)) quotes_to_20 (.clk, .rst, .data_i(quotes3), .data_o(quotes20));
  delay_line #(.WIDTH(2), .DEPTH(16)) marks_to_20 (
    .clk, .rst, .data_i({traded4, out_of_range4}), .data_o({traded20, out_of_range20})
  );
  delay_line #(.WIDTH(1), .DEPTH(15)) clipped_to_20 (.clk, .rst, .data_i(clipped5), .data_o(clipped20));
  delay_line #(.WIDTH(1), .DEPTH(10)) full_to_20 (.clk, .rst, .data_i(full10), .data_o(full20));
  delay_line #(.WIDTH(257), .DEPTH(12)) sums_to_20 (
    .clk, .rst, .data_i({known[8], flow8, net8, volume8, value8}), .data_o({known20, sums20})
  );

  wire [15:0] marks20 = {10'd0, quotes20[129], quotes20[64], traded20, full20, out_of_range20, clipped20};
  wire [575:0] columns20 = {
    marks20, z20, {{14{distance20[17]}}, distance20},
    quotes20[96:65], quotes20[128:97], quotes20[31:0], quotes20[63:32],
    sums20, 22'd0, variance20, {(64-MEAN_W-(8-MEAN_SHIFT)){1'b0}}, mean20, {(8-MEAN_SHIFT){1'b0}}
  };
  always_ff @(posedge clk) begin
    record_o <= {known20 ? columns20 : 576'd0, tick20};
  end
endmodule

`resetall
