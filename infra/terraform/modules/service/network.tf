resource "aws_security_group" "this" {
  name        = replace(var.name, "/", "-")
  description = "${var.name}: what may reach it, and what it may reach"
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = var.name })
}

resource "aws_vpc_security_group_ingress_rule" "port" {
  for_each = { for port in var.ports : tostring(port.port) => port }

  security_group_id = aws_security_group.this.id
  description       = each.value.what
  cidr_ipv4         = var.vpc_cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

# Inside the VPC everything is behind groups of its own; the outside only where the workload needs it (feed, gateway).
resource "aws_vpc_security_group_egress_rule" "vpc" {
  security_group_id = aws_security_group.this.id
  description       = "Brokers, endpoints and peers in the VPC"
  cidr_ipv4         = var.vpc_cidr
  ip_protocol       = "tcp"
  from_port         = 0
  to_port           = 65535
}

resource "aws_vpc_security_group_egress_rule" "https" {
  for_each = var.reaches_internet ? { all = "0.0.0.0/0" } : { s3 = "s3" }

  security_group_id = aws_security_group.this.id
  description       = each.key == "all" ? "HTTPS to venues and brokers, by NAT" : "HTTPS to S3, by its gateway endpoint"
  cidr_ipv4         = each.key == "all" ? each.value : null
  prefix_list_id    = each.key == "s3" ? var.s3_prefix_list_id : null
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
