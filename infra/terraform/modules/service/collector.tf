# A second container reads the process's Prometheus page and writes it as CloudWatch metrics (namespace Penstock/NAME).

locals {
  pages = var.metrics == null ? {} : merge({ (basename(var.name)) = var.metrics.port }, { for one in var.beside : one.name => one.metrics_port })

  scrape = var.metrics == null ? null : yamlencode({
    receivers = {
      prometheus = { config = { scrape_configs = [{
        job_name        = replace(var.name, "/", "-")
        scrape_interval = "15s"
        static_configs  = [for process, port in local.pages : { targets = ["localhost:${port}"], labels = { process = process } }]
      }] } }
    }
    exporters = {
      awsemf = {
        namespace               = "Penstock/${dirname(var.name)}"
        log_group_name          = aws_cloudwatch_log_group.this.name
        region                  = var.region
        dimension_rollup_option = "ZeroAndSingleDimensionRollup" # by all labels, by each alone, and by none
      }
    }
    service = { pipelines = { metrics = { receivers = ["prometheus"], exporters = ["awsemf"] } } }
  })

  collector = var.metrics == null ? [] : [{
    name                   = "collector"
    image                  = var.metrics.collector_image
    essential              = false
    user                   = "10001:10001"
    readonlyRootFilesystem = true
    environment            = [{ name = "AOT_CONFIG_CONTENT", value = local.scrape }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "collector"
      }
    }
  }]
}
