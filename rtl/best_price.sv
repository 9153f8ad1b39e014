// The best bid and offer of each instrument from what happens to its orders: the size of each price level in a window of
// 2^LEVEL_W steps above the instrument's base, a bit for each level that has one, and a bit for each word of bits. One
// event at a time: six clocks for each level that changes, and twelve to find the best.
//
// A level worse than the window is left out, for it is never the best; an order better than the window or off the step
// closes the book, as does a level whose size leaves 32 bits: what cannot be told is not told. A closed book tells a gap
// once and no quote until the next reset. Lost messages (letter 0) close every book. The rules of udfs/market/orders.py.
`resetall
`default_nettype none

module best_price #(
  parameter integer INSTRUMENT_W = 6,
  parameter integer LEVEL_W      = 10,   // 6 to 11: at most 64 words of 32 levels
  parameter integer STEP         = 100,  // between two levels, in 1e-4; 2 to 128
  parameter integer USER_W       = 8
) (
  input  wire                     clk,
  input  wire                     rst,
  input  wire                     base_valid_i,      // the host sets an instrument's lowest price
  input  wire  [INSTRUMENT_W-1:0] base_instrument_i,
  input  wire  [31:0]             base_price_i,
  input  wire                     valid_i,
  output wire                     ready_o,
  input  wire  [7:0]              letter_i,
  input  wire  [INSTRUMENT_W-1:0] instrument_i,
  input  wire                     side_i,            // 0 bids, 1 asks
  input  wire                     remove_i,
  input  wire  [31:0]             remove_price_i,
  input  wire  [31:0]             remove_shares_i,
  input  wire                     add_i,
  input  wire  [31:0]             add_price_i,
  input  wire  [31:0]             add_shares_i,
  input  wire                     close_i,
  input  wire  [USER_W-1:0]       user_i,            // travels along
  output logic                    valid_o,
  input  wire                     ready_i,
  output logic [7:0]              letter_o,
  output logic [INSTRUMENT_W-1:0] instrument_o,
  output logic                    quote_o,           // bid or ask changed
  output logic                    closed_o,          // the book closed
  output wire  [31:0]             bid_o,
  output wire  [31:0]             bid_size_o,
  output wire  [31:0]             ask_o,
  output wire  [31:0]             ask_size_o,
  output logic [USER_W-1:0]       user_o,
  output logic                    outside_o          // an order outside the window, a pulse
);
  localparam integer WORDS_W = LEVEL_W - 5;
  localparam integer WORDS = 1 << WORDS_W;
  localparam integer BOOK_W = INSTRUMENT_W + 1;
  localparam integer OFFSET_W = LEVEL_W + 7;         // of a price within the window
  localparam integer SHIFT = OFFSET_W + 8;           // floor(x / STEP) = x * INVERSE >> SHIFT for every x in the window
  localparam integer INVERSE = ((1 << SHIFT) + STEP - 1) / STEP;
  localparam integer WINDOW = STEP << LEVEL_W;
  localparam [4:0] CLEAR = 5'd0;
  localparam [4:0] IDLE = 5'd1;
  localparam [4:0] BASE = 5'd2;
  localparam [4:0] OFFSET = 5'd3;
  localparam [4:0] DIVIDE = 5'd4;
  localparam [4:0] PLACE = 5'd5;
  localparam [4:0] READ = 5'd6;
  localparam [4:0] CHANGE = 5'd7;
  localparam [4:0] WRITE = 5'd8;
  localparam [4:0] TOP = 5'd9;
  localparam [4:0] GROUPS = 5'd10;
  localparam [4:0] PICK = 5'd11;
  localparam [4:0] BITS = 5'd12;
  localparam [4:0] BIT = 5'd13;
  localparam [4:0] SIZE = 5'd14;
  localparam [4:0] BEST = 5'd15;
  localparam [4:0] COMPARE = 5'd16;
  localparam [4:0] OTHER = 5'd17;
  localparam [4:0] SEND = 5'd18;

  logic [4:0]  state;
  logic        side, adds, remove, add, closes;
  logic [31:0] remove_price, remove_shares, add_price, add_shares;
  logic [(1<<INSTRUMENT_W)-1:0] closed;
  wire is_order_i = letter_i == "A" || letter_i == "F" || letter_i == "E" || letter_i == "C" || letter_i == "X" ||
      letter_i == "D" || letter_i == "U";
  wire was_closed = closed[instrument_o];
  wire [31:0] price = adds ? add_price : remove_price;

  // ---- where a price is in the window; the best level of either side has the highest index
  logic [31:0] bases [0:(1<<INSTRUMENT_W)-1];
  logic [31:0] base;
  logic signed [32:0] offset;
  logic [OFFSET_W+SHIFT-1:0] product;
  logic [LEVEL_W-1:0] level;
  wire is_below = offset[32];
  wire is_above = !offset[32] && offset[31:0] >= WINDOW;
  wire [LEVEL_W-1:0] quotient = product[SHIFT+:LEVEL_W];
  wire [OFFSET_W-1:0] multiple = quotient * STEP[OFFSET_W-1:0];
  wire is_outside = is_above || is_below;
  wire is_better = (is_above && !side) || (is_below && side) || (!is_outside && multiple != offset[OFFSET_W-1:0]);
  wire [4:0] after_change = remove && add && !adds ? OFFSET : TOP;

  // ---- the levels: a size counts only where its bit is set, a word of bits only where its own bit is set
  logic [31:0] sizes [0:(1<<(BOOK_W+LEVEL_W))-1];
  logic [31:0] bits [0:(1<<(BOOK_W+WORDS_W))-1];
  logic [WORDS-1:0] summaries [0:(1<<BOOK_W)-1];
  logic [31:0] size_read, bits_read, word;
  logic [WORDS-1:0] summary_read, summary;
  logic [BOOK_W-1:0] book, clear_book;
  wire [WORDS_W-1:0] word_at = level[LEVEL_W-1:5];
  wire [4:0] bit_at = level[4:0];
  wire [31:0] own_bits = summary_read[word_at] ? bits_read : 32'd0;
  wire [31:0] own_size = own_bits[bit_at] ? size_read : 32'd0;
  wire [31:0] one_bit = 32'd1 << bit_at;
  wire [WORDS-1:0] one_word = {{(WORDS-1){1'b0}}, 1'b1} << word_at;
  logic [33:0] size_next;
  logic [31:0] bits_before;
  logic [WORDS-1:0] summary_before;
  wire [31:0] bits_next = size_next[31:0] != 32'd0 ? bits_before | one_bit : bits_before & ~one_bit;
  wire [WORDS-1:0] summary_next = bits_next != 32'd0 ? summary_before | one_word : summary_before & ~one_word;
  wire leaves_range = |size_next[33:32];
  logic [WORDS_W-1:0] top_word;
  logic [4:0] top_bit;
  always_comb begin
    top_word = '0;
    for (int i = 0; i < WORDS; i = i + 1) if (summary[i]) top_word = WORDS_W'(i);
  end
  always_comb begin
    top_bit = '0;
    for (int i = 0; i < 32; i = i + 1) if (word[i]) top_bit = 5'(i);
  end
  always_ff @(posedge clk) begin
    size_read    <= sizes[{book, level}];
    bits_read    <= bits[{book, word_at}];
    summary_read <= summaries[book];
    if (state == CLEAR) summaries[clear_book] <= '0;
    else if (state == WRITE && !leaves_range) summaries[book] <= summary_next;
    if (state == WRITE && !leaves_range) begin
      sizes[{book, level}]  <= size_next[31:0];
      bits[{book, word_at}] <= bits_next;
    end
    base <= bases[instrument_o];
    if (base_valid_i) bases[base_instrument_i] <= base_price_i;
  end

  // ---- the quotes as told: {price, size} of a book
  logic [63:0] told [0:(1<<BOOK_W)-1];
  logic [63:0] told_read, best, other;
  logic [(1<<BOOK_W)-1:0] has_told;
  wire [BOOK_W-1:0] other_book = {instrument_o, !side};
  wire [LEVEL_W-1:0] best_level = side ? ~level : level;
  wire [31:0] top_price = base + best_level * STEP;
  logic is_empty;
  assign {bid_o, bid_size_o} = side ? other : best;
  assign {ask_o, ask_size_o} = side ? best : other;
  logic [63:0] told_own, told_other;
  always_ff @(posedge clk) begin
    told_read <= told[state == BEST ? book : other_book];
    if (state == COMPARE) told_own <= has_told[book] ? told_read : 64'd0;
    if (state == OTHER) told[book] <= best;
  end
  assign told_other = has_told[other_book] ? told_read : 64'd0;

  assign ready_o = state == IDLE;
  always_ff @(posedge clk) begin
    outside_o <= 1'b0;
    case (state)
      CLEAR: begin
        clear_book <= clear_book + 1'b1;
        if (&clear_book) state <= IDLE;
      end
      IDLE: if (valid_i) begin
        letter_o      <= letter_i;
        instrument_o  <= instrument_i;
        user_o        <= user_i;
        side          <= side_i;
        remove        <= remove_i;
        add           <= add_i;
        adds          <= !remove_i;
        remove_price  <= remove_price_i;
        remove_shares <= remove_shares_i;
        add_price     <= add_price_i;
        add_shares    <= add_shares_i;
        closes        <= close_i;
        book          <= {instrument_i, side_i};
        quote_o       <= 1'b0;
        closed_o      <= 1'b0;
        if (letter_i == 8'd0) closed <= '1;
        if (!is_order_i) begin
          valid_o <= 1'b1;
          state   <= SEND;
        end else state <= BASE;
      end
      BASE: state <= OFFSET;
      OFFSET: begin
        offset <= $signed({1'b0, price}) - $signed({1'b0, base});
        state  <= DIVIDE;
        if (was_closed || closes) begin
          closed_o             <= !was_closed;
          closed[instrument_o] <= 1'b1;
          valid_o              <= 1'b1;
          state                <= SEND;
        end
      end
      DIVIDE: begin
        product <= offset[OFFSET_W-1:0] * INVERSE[SHIFT-1:0];
        state   <= PLACE;
      end
      PLACE: begin
        level     <= side ? ~quotient : quotient;
        outside_o <= adds && is_outside && !is_better;
        if (is_better && adds) begin
          closes <= 1'b1;
          state  <= OFFSET;
        end else if (is_better || is_outside) begin
          adds  <= 1'b1;
          state <= after_change;
        end else state <= READ;
      end
      READ: state <= CHANGE;
      CHANGE: begin
        size_next      <= adds ? {2'b00, own_size} + {2'b00, add_shares} : {2'b00, own_size} - {2'b00, remove_shares};
        bits_before    <= own_bits;
        summary_before <= summary_read;
        state          <= WRITE;
      end
      WRITE: begin
        adds   <= 1'b1;
        closes <= leaves_range;
        state  <= leaves_range ? OFFSET : after_change;
      end
      TOP: state <= GROUPS;
      GROUPS: begin
        summary <= summary_read;
        state   <= PICK;
      end
      PICK: begin
        level    <= {top_word, 5'd0};
        is_empty <= summary == '0;
        state    <= BITS;
      end
      BITS: state <= BIT;
      BIT: begin
        word  <= bits_read;
        state <= SIZE;
      end
      SIZE: begin
        level[4:0] <= top_bit;
        state      <= BEST;
      end
      BEST: state <= COMPARE;
      COMPARE: begin
        best    <= is_empty ? 64'd0 : {top_price, size_read};
        state   <= OTHER;
      end
      OTHER: begin
        quote_o        <= best != told_own;
        has_told[book] <= 1'b1;
        other          <= told_other;
        valid_o        <= 1'b1;
        state          <= SEND;
      end
      SEND: if (ready_i) begin
        valid_o <= 1'b0;
        state   <= IDLE;
      end
      default: state <= IDLE;
    endcase
    if (rst) begin
      state      <= CLEAR;
      clear_book <= '0;
      closed     <= '0;
      has_told   <= '0;
      valid_o    <= 1'b0;
    end
  end
endmodule

`resetall
