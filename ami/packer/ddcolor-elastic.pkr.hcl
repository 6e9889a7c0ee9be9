# The image of the fleet: AWS's Deep Learning Base image with matching driver and kernel, plus ComfyUI, DDColor, its weights
# and the worker.
#
# - No port is open during the build. Packer connects through Session Manager and needs AWS's session-manager-plugin on the
#   PATH.
# - `metadata_options` applies to the build instance; instances of the image get theirs from `imds_support` and the launch
#   template.

packer {
  required_version = ">= 1.11.0"

  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = "= 1.8.4"
    }
  }
}

# Resolved at each build, so that the image has AWS's fixes of driver and kernel; the id is in the tags.
data "amazon-parameterstore" "base" {
  region = var.region
  name   = "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id"
}

locals {
  now = timestamp()

  # All pins by variable name, for tags, manifest and the environment of the scripts.
  pins = {
    comfyui_repository = var.comfyui_repository
    comfyui_version    = var.comfyui_version
    comfyui_commit     = var.comfyui_commit
    ddcolor_repository = var.ddcolor_repository
    ddcolor_commit     = var.ddcolor_commit
    weights_url        = var.weights_url
    weights_file       = var.weights_file
    weights_sha256     = var.weights_sha256
    weights_bytes      = var.weights_bytes
  }

  tags = merge(
    { for pin, value in local.pins : "ddcolor-elastic:${replace(pin, "_", "-")}" => value },
    {
      "Name"                          = "ddcolor-elastic"
      "project"                       = "ddcolor-elastic"
      "ddcolor-elastic:revision"      = var.revision
      "ddcolor-elastic:stage"         = var.stage
      "ddcolor-elastic:base-ami"      = "{{ .SourceAMI }}"
      "ddcolor-elastic:base-ami-name" = "{{ .SourceAMIName }}"
    }
  )
}

source "amazon-ebs" "ddcolor" {
  region     = var.region
  source_ami = data.amazon-parameterstore.base.value

  ami_name        = "ddcolor-elastic-comfyui-${var.comfyui_version}-${substr(var.revision, 0, 8)}-${formatdate("YYYYMMDD-hhmmss", local.now)}"
  ami_description = "ComfyUI ${var.comfyui_version} with DDColor and the worker of ddcolor-elastic ${substr(var.revision, 0, 8)}"
  imds_support    = "v2.0"
  # A deprecated image is not listed but still starts: after 90 days kernel and driver need an update.
  deprecate_at = timeadd(local.now, "2160h")

  tags            = local.tags
  snapshot_tags   = local.tags
  run_tags        = local.tags
  run_volume_tags = local.tags

  instance_type               = var.instance_type
  subnet_id                   = var.subnet_id
  associate_public_ip_address = true

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  # Encrypted from the start, since `encrypt_boot` would copy the finished image once more.
  launch_block_device_mappings {
    device_name           = "/dev/sda1"
    volume_type           = "gp3"
    volume_size           = var.root_volume_gib
    iops                  = 6000
    throughput            = 1000
    encrypted             = true
    delete_on_termination = true
  }

  communicator              = "ssh"
  ssh_username              = "ubuntu"
  ssh_interface             = "session_manager"
  ssh_timeout               = "15m"
  ssh_clear_authorized_keys = true
  temporary_key_pair_type   = "ed25519"
  # With Session Manager the plugin adds no inbound rule. Without it, this rule would allow no address; the default is
  # 0.0.0.0/0.
  temporary_security_group_source_cidrs = ["127.0.0.1/32"]

  # The permissions that Session Manager's agent needs.
  temporary_iam_instance_profile_policy_document {
    Version = "2012-10-17"

    Statement {
      Effect = "Allow"
      Action = [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ]
      Resource = ["*"]
    }
  }

  # One hour: the default of ten minutes is too short for the snapshot of this volume.
  aws_polling {
    delay_seconds = 30
    max_attempts  = 120
  }
}

build {
  sources = ["source.amazon-ebs.ddcolor"]

  provisioner "shell" {
    inline = [
      # cloud-init still writes to apt's lists and to authorized_keys. Exit code 2: done with warnings.
      "cloud-init status --wait || [ $? -eq 2 ]",
      "mkdir -p /tmp/image",
    ]
  }

  provisioner "file" {
    sources = [
      "${path.root}/../provision",
      "${path.root}/../agent",
      "${path.root}/../comfyui",
      "${path.root}/../systemd",
      "${path.root}/../workflow",
    ]
    destination = "/tmp/image/"
  }

  provisioner "file" {
    source      = var.worker_archive
    destination = "/tmp/image/worker.tar.gz"
  }

  provisioner "shell" {
    execute_command = "chmod +x {{ .Path }}; sudo env {{ .Vars }} {{ .Path }}"
    environment_vars = concat(
      # An empty prefix installs into the system, not into a folder.
      ["PREFIX=", "WORKER_ARCHIVE=/tmp/image/worker.tar.gz"],
      [for pin, value in local.pins : "${upper(pin)}=${value}"],
    )
    inline = [
      # The upload may not keep permissions.
      "chmod 755 /tmp/image/provision/*.sh /tmp/image/systemd/*.sh",
      "/tmp/image/provision/all.sh",
    ]
    timeout = "90m"
  }

  # Last: removes keys, logs and identity, so that instances do not share them.
  provisioner "shell" {
    execute_command = "chmod +x {{ .Path }}; sudo {{ .Path }}"
    inline          = ["/tmp/image/provision/clean.sh"]
  }

  post-processor "manifest" {
    output     = "${path.root}/manifest.json"
    strip_path = true
    custom_data = merge(local.pins, {
      revision = var.revision
      stage    = var.stage
      region   = var.region
      base_ami = data.amazon-parameterstore.base.value
    })
  }
}
