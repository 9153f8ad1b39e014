# Alarms to one topic. What our processes tell comes from their Prometheus pages (namespace Penstock/NAME), what the brokers
# tell from MSK; silence is an alarm too, for a process that tells nothing does nothing.

locals {
  namespace = "Penstock/${var.name}"
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = var.alarm_key_arn
  tags              = var.tags
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_cloudwatch_metric_alarm" "process" {
  for_each = local.process_alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.what
  namespace           = local.namespace
  metric_name         = each.value.metric
  statistic           = each.value.statistic
  period              = 60
  evaluation_periods  = each.value.minutes
  threshold           = each.value.threshold
  comparison_operator = each.value.comparison
  treat_missing_data  = each.value.missing
  dimensions          = each.value.dimension
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = var.tags
}

# Flink tells when the last checkpoint was complete, in milliseconds; its age is the time of the sample less that.
resource "aws_cloudwatch_metric_alarm" "checkpoint_age" {
  alarm_name          = "${var.name}-checkpoint-age"
  alarm_description   = "Seconds since the last completed checkpoint"
  evaluation_periods  = 2
  threshold           = var.limits.checkpoint_age_seconds_max
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = var.tags

  metric_query {
    id          = "age"
    label       = "checkpoint age"
    expression  = "EPOCH(completed) - completed / 1000"
    return_data = true
  }

  metric_query {
    id = "completed"

    metric {
      namespace   = local.namespace
      metric_name = "flink_jobmanager_job_lastCheckpointCompletedTimestamp"
      period      = 60
      stat        = "Minimum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "broker" {
  for_each = local.broker_alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.what
  namespace           = "AWS/Kafka"
  metric_name         = each.value.metric
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  threshold           = each.value.threshold
  comparison_operator = each.value.comparison
  treat_missing_data  = "breaching"
  dimensions          = { "Cluster Name" = var.kafka_cluster }
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = var.tags
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [for index, key in sort(keys(local.process_alarms)) : {
      type   = "metric"
      x      = (index % 3) * 8
      y      = floor(index / 3) * 6
      width  = 8
      height = 6
      properties = {
        title   = local.process_alarms[key].what
        region  = var.region
        period  = 60
        stat    = local.process_alarms[key].statistic
        metrics = [concat([local.namespace, local.process_alarms[key].metric], flatten([for name, value in local.process_alarms[key].dimension : [name, value]]))]
        annotations = {
          horizontal = [{ label = "alarm", value = local.process_alarms[key].threshold }]
        }
      }
    }]
  })
}
