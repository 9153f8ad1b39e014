// What happened to an instrument, as ticks of 40 bytes (schemas/records.py), in stream order: the trade, both sides of
// the quote where one changed, or that its book has closed; the last of an event has LAST. A halt or resumption is one
// STATUS, lost messages (letter 0) and the end of the day (S) one for each instrument that the host has made a member.
`resetall
`default_nettype none

module tick_pack #(
  parameter integer INSTRUMENT_W = 6
) (
  input  wire                     clk,
  input  wire                     rst,
  input  wire  [63:0]             session_ns_i,      // midnight in New York; constant while messages come
  input  wire                     member_valid_i,
  input  wire  [INSTRUMENT_W-1:0] member_instrument_i,
  input  wire                     valid_i,
  output wire                     ready_o,
  input  wire  [7:0]              letter_i,
  input  wire  [INSTRUMENT_W-1:0] instrument_i,
  input  wire  [63:0]             receive_ns_i,
  input  wire  [47:0]             time_ns_i,
  input  wire  [7:0]              code_i,
  input  wire  [7:0]              market_i,
  input  wire                     trade_i,
  input  wire  [31:0]             trade_price_i,
  input  wire  [63:0]             trade_shares_i,
  input  wire  [1:0]              trade_side_i,
  input  wire                     auction_i,
  input  wire                     quote_i,
  input  wire                     closed_i,
  input  wire  [31:0]             bid_i,
  input  wire  [31:0]             bid_size_i,
  input  wire  [31:0]             ask_i,
  input  wire  [31:0]             ask_size_i,
  output wire  [319:0]            m_axis_tdata,
  output logic                    m_axis_tvalid,
  input  wire                     m_axis_tready,
  output wire                     m_axis_tlast       // ends an event
);
  localparam [7:0] KIND_TRADE = 8'd0;
  localparam [7:0] KIND_BID = 8'd1;
  localparam [7:0] KIND_ASK = 8'd2;
  localparam [7:0] KIND_STATUS = 8'd4;
  localparam [63:0] TRADING = 64'd1;
  localparam [63:0] HALTED = 64'd2;
  localparam [63:0] GAP = 64'd3;
  localparam [63:0] ALL_STREAMS = '1;
  localparam [1:0] BUY = 2'd0;
  localparam [1:0] SELL = 2'd1;
  localparam [1:0] NONE = 2'd2;

  logic [(1<<INSTRUMENT_W)-1:0] members, halted, stopped;

  // ---- the event in hand, and which of its ticks are still to be told
  logic        busy, lost, of_all;
  logic        trade, closed, bid, ask, status, auction;
  logic [1:0]  trade_side;
  logic [31:0] trade_price, bid_price, bid_size, ask_price, ask_size;
  logic [63:0] receive_ns, venue_ns, trade_shares;
  logic        is_halted;
  logic [INSTRUMENT_W-1:0] instrument;

  wire is_halt = letter_i == "H";
  wire is_stop = letter_i == "h" && market_i == "Q";
  wire is_lost = letter_i == 8'd0;
  wire is_end = letter_i == "S";
  wire may_not_trade = code_i != "T";
  wire halted_next = is_halt ? may_not_trade : halted[instrument_i];
  wire stopped_next = is_stop ? may_not_trade : stopped[instrument_i];

  // ---- one tick a clock: trade, gap of a closed book, bid, ask, status
  wire more = closed || bid;             // behind the trade
  wire is_member = members[instrument];
  wire sends = trade || closed || bid || ask || (status && (!of_all || is_member));
  wire next = !m_axis_tvalid || m_axis_tready;
  wire ends = of_all ? &instrument : !(trade && more) && !bid;
  logic [7:0]  kind;
  logic [1:0]  side;
  logic [63:0] price, size;
  always_comb begin
    kind = KIND_STATUS;
    side = NONE;
    price = ALL_STREAMS;
    size = lost ? GAP : is_halted ? HALTED : TRADING;
    if (trade) begin
      kind = KIND_TRADE;
      side = trade_side;
      price = {32'd0, trade_price};
      size = trade_shares;
    end else if (closed) begin
      price = {56'd0, KIND_BID};
      size = GAP;
    end else if (bid) begin
      kind = KIND_BID;
      side = BUY;
      price = {32'd0, bid_price};
      size = {32'd0, bid_size};
    end else if (ask) begin
      kind = KIND_ASK;
      side = SELL;
      price = {32'd0, ask_price};
      size = {32'd0, ask_size};
    end
  end

  logic [63:0] tick_venue_ns, tick_receive_ns, tick_price, tick_size;
  logic [INSTRUMENT_W-1:0] tick_instrument;
  logic [7:0]  tick_kind;
  logic [1:0]  tick_side;
  logic        tick_auction, tick_last;
  assign m_axis_tdata = {
    10'd0, tick_auction, 4'd0, tick_last, 6'd0, tick_side, tick_kind,
    {(32-INSTRUMENT_W){1'b0}}, tick_instrument, tick_size, tick_price, tick_receive_ns, tick_venue_ns
  };
  assign m_axis_tlast = tick_last;
  assign ready_o = !busy;

  always_ff @(posedge clk) begin
    if (member_valid_i) members[member_instrument_i] <= 1'b1;
    if (next) m_axis_tvalid <= busy && sends;
    if (next && busy) begin
      tick_venue_ns   <= venue_ns;
      tick_receive_ns <= receive_ns;
      tick_instrument <= instrument;
      tick_kind       <= kind;
      tick_side       <= side;
      tick_price      <= price;
      tick_size       <= size;
      tick_auction    <= trade && auction;
      tick_last       <= of_all || ends;
      busy            <= !ends;
      if (trade) trade <= 1'b0;
      else if (bid) bid <= 1'b0;
      if (of_all) instrument <= instrument + 1'b1;
    end
    if (valid_i && ready_o) begin
      busy         <= trade_i || closed_i || quote_i || is_halt || is_stop || is_lost || is_end;
      lost         <= is_lost;
      of_all       <= is_lost || is_end;
      trade        <= trade_i;
      closed       <= closed_i;
      bid          <= quote_i;
      ask          <= quote_i;
      status       <= is_halt || is_stop || is_lost || is_end;
      is_halted    <= is_end || halted_next || stopped_next;
      instrument   <= is_lost || is_end ? '0 : instrument_i;
      receive_ns   <= receive_ns_i;
      venue_ns     <= is_lost ? 64'd0 : session_ns_i + {16'd0, time_ns_i};
      trade_price  <= trade_price_i;
      trade_shares <= trade_shares_i;
      trade_side   <= trade_side_i;
      auction      <= auction_i;
      bid_price    <= bid_i;
      bid_size     <= bid_size_i;
      ask_price    <= ask_i;
      ask_size     <= ask_size_i;
      if (is_halt) halted[instrument_i] <= may_not_trade;
      if (is_stop) stopped[instrument_i] <= may_not_trade;
      if (is_end) halted <= '1;
    end
    if (rst) begin
      members       <= '0;
      halted        <= '0;
      stopped       <= '0;
      busy          <= 1'b0;
      m_axis_tvalid <= 1'b0;
    end
  end
endmodule

`resetall
