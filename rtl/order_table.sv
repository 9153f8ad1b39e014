// The orders that are open, by reference: what a message does to the book of its instrument. One message at a time, five
// clocks each, eight for a replacement; the table is a hash table of 2^SET_W sets of WAYS orders.
//
// A message that contradicts the table (an unknown order or one of another instrument, an order twice, more shares than
// an order has), and an order that finds its set full, close the book: the rules are those of udfs/market/orders.py.
// After a reset nothing is taken for 2^SET_W clocks, in which the table is cleared.
`resetall
`default_nettype none

module order_table #(
  parameter integer INSTRUMENT_W = 6,
  parameter integer SET_W        = 10,
  parameter integer WAYS         = 4,
  parameter integer USER_W       = 8
) (
  input  wire                     clk,
  input  wire                     rst,
  input  wire                     valid_i,
  output wire                     ready_o,
  input  wire  [7:0]              letter_i,
  input  wire  [INSTRUMENT_W-1:0] instrument_i,
  input  wire  [63:0]             reference_i,
  input  wire  [63:0]             new_reference_i,
  input  wire  [7:0]              side_i,
  input  wire  [63:0]             shares_i,
  input  wire  [31:0]             price_i,
  input  wire  [7:0]              code_i,
  input  wire  [USER_W-1:0]       user_i,          // travels along
  output logic                    valid_o,
  input  wire                     ready_i,
  output logic [7:0]              letter_o,
  output logic [INSTRUMENT_W-1:0] instrument_o,
  output wire                     side_o,          // of the order: 0 buys, 1 sells
  output logic                    remove_o,        // shares leave the level of an order
  output wire  [31:0]             remove_price_o,
  output logic [31:0]             remove_shares_o,
  output logic                    add_o,           // an order comes
  output wire  [31:0]             add_price_o,
  output wire  [31:0]             add_shares_o,
  output logic                    close_o,         // the book cannot be told any more
  output logic                    trade_o,
  output logic [31:0]             trade_price_o,
  output wire  [63:0]             trade_shares_o,
  output logic [1:0]              trade_side_o,    // of the aggressor, as schemas.records.Side
  output logic                    auction_o,
  output wire  [USER_W-1:0]       user_o,
  output logic                    unknown_o,       // what was counted, a pulse each
  output logic                    contradicted_o,
  output logic                    refused_o
);
  localparam integer ORDER_W = 1 + 64 + INSTRUMENT_W + 1 + 32 + 32;
  localparam [2:0] CLEAR = 3'd0;
  localparam [2:0] IDLE = 3'd1;
  localparam [2:0] READ = 3'd2;
  localparam [2:0] LOOK = 3'd3;
  localparam [2:0] ACT = 3'd4;
  localparam [2:0] SEND = 3'd5;
  localparam [1:0] BUY = 2'd0;
  localparam [1:0] SELL = 2'd1;
  localparam [1:0] NONE = 2'd2;

  logic [2:0]       state;
  logic [SET_W:0]   cleared;
  logic             second;       // the new order of a replacement
  logic             side;
  logic [31:0]      old_price;
  logic [7:0]       letter, code;
  logic [63:0]      reference, new_reference, shares;
  logic [31:0]      price;
  logic [USER_W-1:0] user;

  // ---- what kind of message it is
  wire is_add = letter == "A" || letter == "F";
  wire is_whole = letter == "D" || letter == "U";
  wire is_print = letter == "E" || (letter == "C" && code != "N");
  wire is_other_trade = letter == "P" || letter == "Q";
  wire names_order_i = letter_i == "A" || letter_i == "F" || letter_i == "E" || letter_i == "C" ||
      letter_i == "X" || letter_i == "D" || letter_i == "U";

  // ---- the table: a set is read, looked at, and written back as a whole
  logic [WAYS*ORDER_W-1:0] sets [0:(1<<SET_W)-1];
  logic [WAYS*ORDER_W-1:0] set_read, set;
  logic [SET_W-1:0]        at;
  wire [63:0] wanted = second ? new_reference : reference;
  wire [63:0] asked_i = reference_i ^ (reference_i >> SET_W);
  wire [63:0] asked_new = new_reference ^ (new_reference >> SET_W);

  logic [WAYS-1:0] hit, free, hit_next, free_next;
  always_comb begin
    for (int i = 0; i < WAYS; i = i + 1) begin
      hit_next[i] = set_read[i*ORDER_W+ORDER_W-1] && set_read[i*ORDER_W+INSTRUMENT_W+65+:64] == wanted;
      free_next[i] = !set_read[i*ORDER_W+ORDER_W-1];
    end
  end
  logic [ORDER_W-1:0] found;
  logic [WAYS-1:0]    place;      // the first free way
  logic [WAYS*ORDER_W-1:0] set_next;
  wire takes = is_add || second;
  wire [31:0] found_shares = found[31:0];
  wire [31:0] found_price = found[63:32];
  wire        found_side = found[64];
  wire [INSTRUMENT_W-1:0] found_instrument = found[65+:INSTRUMENT_W];
  wire is_found = (|hit) && found_instrument == instrument_o;
  wire is_over = !is_whole && shares > {32'd0, found_shares};
  wire [31:0] gone = is_whole || is_over ? found_shares : shares[31:0];
  wire [31:0] left = found_shares - gone;
  wire new_side = second ? side : order_side != "B";
  logic [7:0] order_side;
  wire [ORDER_W-1:0] incoming = {1'b1, wanted, instrument_o, new_side, price, shares[31:0]};
  wire [ORDER_W-1:0] reduced = {left != 32'd0, found[ORDER_W-2:32], left};
  always_comb begin
    found = '0;
    place = '0;
    for (int i = 0; i < WAYS; i = i + 1) begin
      if (hit[i]) found = set[i*ORDER_W+:ORDER_W];
      if (free[i] && place == '0) place[i] = 1'b1;
    end
  end
  always_comb begin
    set_next = set;
    for (int i = 0; i < WAYS; i = i + 1) begin
      if (takes ? place[i] : hit[i]) set_next[i*ORDER_W+:ORDER_W] = takes ? incoming : reduced;
    end
  end
  wire may_write = state == ACT && (takes ? !(|hit) && (|free) : is_found);

  assign ready_o = state == IDLE;
  assign side_o = side;
  assign remove_price_o = old_price;
  assign add_price_o = price;
  assign add_shares_o = shares[31:0];
  assign trade_shares_o = shares;
  assign user_o = user;
  assign letter_o = letter;

  always_ff @(posedge clk) begin
    set_read <= sets[at];
    if (state == CLEAR) sets[cleared[SET_W-1:0]] <= '0;
    else if (may_write) sets[at] <= set_next;
  end

  always_ff @(posedge clk) begin
    unknown_o      <= 1'b0;
    contradicted_o <= 1'b0;
    refused_o      <= 1'b0;
    case (state)
      CLEAR: begin
        cleared <= cleared + 1'b1;
        if (&cleared[SET_W-1:0]) state <= IDLE;
      end
      IDLE: if (valid_i) begin
        letter        <= letter_i;
        code          <= code_i;
        instrument_o  <= instrument_i;
        reference     <= reference_i;
        new_reference <= new_reference_i;
        order_side      <= side_i;
        shares        <= shares_i;
        price         <= price_i;
        user          <= user_i;
        at            <= asked_i[SET_W-1:0];
        second        <= 1'b0;
        {remove_o, add_o, close_o, trade_o, auction_o} <= '0;
        trade_side_o  <= NONE;
        state         <= names_order_i ? READ : SEND;
        valid_o       <= !names_order_i;
        if (letter_i == "P" || letter_i == "Q") begin
          trade_o       <= shares_i != 64'd0;
          trade_price_o <= price_i;
          auction_o     <= letter_i == "Q";
        end
      end
      READ: state <= LOOK;
      LOOK: begin
        set   <= set_read;
        hit   <= hit_next;
        free  <= free_next;
        state <= ACT;
      end
      ACT: begin
        state   <= SEND;
        valid_o <= 1'b1;
        if (takes) begin
          side           <= new_side;
          add_o          <= !(|hit) && (|free);
          close_o        <= close_o || (|hit) || !(|free);
          contradicted_o <= |hit;
          refused_o      <= !(|hit) && !(|free);
        end else if (!is_found) begin
          close_o   <= 1'b1;
          unknown_o <= 1'b1;
        end else begin
          side            <= found_side;
          old_price       <= found_price;
          remove_o        <= 1'b1;
          remove_shares_o <= gone;
          close_o         <= is_over;
          contradicted_o  <= is_over;
          trade_o         <= is_print && shares != 64'd0;
          trade_price_o   <= letter == "C" ? price : found_price;
          trade_side_o    <= found_side ? BUY : SELL;
          if (letter == "U") begin
            second  <= 1'b1;
            at      <= asked_new[SET_W-1:0];
            valid_o <= 1'b0;
            state   <= READ;
          end
        end
      end
      default: if (ready_i) begin  // SEND
        valid_o <= 1'b0;
        state   <= IDLE;
      end
    endcase
    if (rst) begin
      state   <= CLEAR;
      cleared <= '0;
      valid_o <= 1'b0;
    end
  end
endmodule

`resetall
