# One machine with one volume that outlives it. A volume is attached to one instance at a time: there is never a second one.

locals {
  device = "/dev/sdf"

  # The volume may be attached after the machine has started: the script waits for it.
  start = templatefile("${path.module}/join.sh.tftpl", {
    volume_id = aws_ebs_volume.data.id
    path      = var.path
    cluster   = var.cluster.name
    attribute = var.attribute
  })
}

resource "aws_ebs_volume" "data" {
  availability_zone = var.zone
  size              = var.volume.gib
  type              = "gp3"
  iops              = var.volume.iops
  throughput        = var.volume.throughput_mib
  encrypted         = true
  kms_key_id        = var.volume.key_arn
  final_snapshot    = var.volume.final_snapshot
  tags              = merge(var.tags, { Name = "${var.name}-data" })
}

resource "aws_instance" "this" {
  ami                    = var.ami_id
  instance_type          = var.instance_type
  subnet_id              = var.subnet_id
  vpc_security_group_ids = [aws_security_group.this.id]
  iam_instance_profile   = aws_iam_instance_profile.this.name
  ebs_optimized          = true
  monitoring             = true
  user_data              = local.start
  tags                   = merge(var.tags, { Name = var.name })

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    encrypted   = true
    kms_key_id  = var.volume.key_arn
    volume_type = "gp3"
    volume_size = 30
  }
}

resource "aws_volume_attachment" "data" {
  device_name = local.device
  volume_id   = aws_ebs_volume.data.id
  instance_id = aws_instance.this.id

  # The process must let go of its files before the volume leaves.
  stop_instance_before_detaching = true
}

# A machine whose hardware fails comes back on other hardware, with the same volume and address.
resource "aws_cloudwatch_metric_alarm" "recover" {
  alarm_name          = "${var.name}-recover"
  alarm_description   = "The hardware under ${var.name} fails: the instance moves"
  namespace           = "AWS/EC2"
  metric_name         = "StatusCheckFailed_System"
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 2
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  dimensions          = { InstanceId = aws_instance.this.id }
  alarm_actions       = ["arn:${data.aws_partition.current.partition}:automate:${var.region}:ec2:recover"]
  tags                = var.tags
}
