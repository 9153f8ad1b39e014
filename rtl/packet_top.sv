// The top for packets: UDP payload in, records of 128 bytes out, ticks with their preprocessing columns.
`resetall
`default_nettype none

module packet_top #(
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
  output wire                     ready_o,         // the map may be written, then the feed may begin
  input  wire                     map_valid_i,
  input  wire  [LOCATE_W-1:0]     map_locate_i,
  input  wire  [INSTRUMENT_W-1:0] map_instrument_i,
  input  wire  [31:0]             map_base_i,      // the lowest price of the instrument's window
  input  wire  [63:0]             session_ns_i,    // midnight in New York, ns since 1970 UTC
  input  wire  [63:0]             now_ns_i,        // ns since 1970 UTC
  input  wire  [63:0]             s_axis_tdata,
  input  wire  [7:0]              s_axis_tkeep,
  input  wire                     s_axis_tvalid,
  input  wire                     s_axis_tlast,
  output wire  [1023:0]           m_axis_tdata,
  output wire                     m_axis_tvalid,
  input  wire                     m_axis_tready,
  output wire                     m_axis_tlast,
  output wire  [255:0]            counts_o         // malformed in [31:0], repeated, foreign, dropped, unknown,
                                                   // contradicted, refused, outside
);
  wire [319:0] tick;
  wire tick_valid, tick_ready, tick_last;
  packet_ticks #(
    .INSTRUMENT_W (INSTRUMENT_W),
    .LOCATE_W     (LOCATE_W),
    .SET_W        (SET_W),
    .WAYS         (WAYS),
    .LEVEL_W      (LEVEL_W),
    .STEP         (STEP),
    .DEPTH_W      (DEPTH_W)
  ) packet_ticks (
    .clk              (clk),
    .rst              (rst),
    .ready_o          (ready_o),
    .map_valid_i      (map_valid_i),
    .map_locate_i     (map_locate_i),
    .map_instrument_i (map_instrument_i),
    .map_base_i       (map_base_i),
    .session_ns_i     (session_ns_i),
    .now_ns_i         (now_ns_i),
    .s_axis_tdata     (s_axis_tdata),
    .s_axis_tkeep     (s_axis_tkeep),
    .s_axis_tvalid    (s_axis_tvalid),
    .s_axis_tlast     (s_axis_tlast),
    .m_axis_tdata     (tick),
    .m_axis_tvalid    (tick_valid),
    .m_axis_tready    (tick_ready),
    .m_axis_tlast     (tick_last),
    .malformed_o      (counts_o[31:0]),
    .repeated_o       (counts_o[63:32]),
    .foreign_o        (counts_o[95:64]),
    .dropped_o        (counts_o[127:96]),
    .unknown_o        (counts_o[159:128]),
    .contradicted_o   (counts_o[191:160]),
    .refused_o        (counts_o[223:192]),
    .outside_o        (counts_o[255:224])
  );
  preprocess #(
    .INSTRUMENT_W (INSTRUMENT_W)
  ) preprocess (
    .clk           (clk),
    .rst           (rst),
    .s_axis_tdata  (tick),
    .s_axis_tvalid (tick_valid),
    .s_axis_tready (tick_ready),
    .s_axis_tlast  (tick_last),
    .m_axis_tdata  (m_axis_tdata),
    .m_axis_tvalid (m_axis_tvalid),
    .m_axis_tready (m_axis_tready),
    .m_axis_tlast  (m_axis_tlast)
  );
endmodule

`resetall
