// Ticks in, ticks with their preprocessing columns out: AXI-Stream around preprocess_pipe, one tick a clock.
//
// A tick is 40 bytes, a record 128, both as in schemas/records.py. After a reset nothing is accepted for 2^INSTRUMENT_W
// clocks, in which the state of every instrument is cleared. tlast is as it came.
`resetall
`default_nettype none

module preprocess #(
  parameter integer INSTRUMENT_W = 6
) (
  input  wire          clk,
  input  wire          rst,
  input  wire [319:0]  s_axis_tdata,
  input  wire          s_axis_tvalid,
  output wire          s_axis_tready,
  input  wire          s_axis_tlast,
  output wire [1023:0] m_axis_tdata,
  output wire          m_axis_tvalid,
  input  wire          m_axis_tready,
  output wire          m_axis_tlast
);
  localparam integer STAGES = 22;

  logic                    clearing;
  logic [INSTRUMENT_W-1:0] clear_instrument;
  always_ff @(posedge clk) begin
    if (rst) begin
      clearing         <= 1'b1;
      clear_instrument <= '0;
    end else if (clearing) begin
      clearing         <= !(&clear_instrument);
      clear_instrument <= clear_instrument + 1'b1;
    end
  end

  wire may_enter;
  wire enter = s_axis_tvalid && s_axis_tready;
  wire [895:0] record;
  wire leave, last;
  assign s_axis_tready = may_enter && !clearing;

  preprocess_pipe #(
    .INSTRUMENT_W (INSTRUMENT_W)
  ) pipe (
    .clk                (clk),
    .rst                (rst),
    .tick_i             (s_axis_tdata),
    .valid_i            (enter),
    .clear_i            (clearing && !rst),
    .clear_instrument_i (clear_instrument),
    .record_o           (record),
    .valid_o            (leave)
  );
  delay_line #(
    .WIDTH (1),
    .DEPTH (STAGES)
  ) last_line (
    .clk    (clk),
    .rst    (rst),
    .data_i (s_axis_tlast),
    .data_o (last)
  );
  credit_fifo #(
    .WIDTH   (897),
    .DEPTH_W (5)
  ) fifo (
    .clk         (clk),
    .rst         (rst),
    .may_enter_o (may_enter),
    .enter_i     (enter),
    .write_i     (leave),
    .data_i      ({last, record}),
    .valid_o     (m_axis_tvalid),
    .data_o      ({m_axis_tlast, m_axis_tdata[895:0]}),
    .ready_i     (m_axis_tready)
  );
  assign m_axis_tdata[1023:896] = '0;
endmodule

`resetall
