# The image of the fleet: AWS's own with driver and kernel that fit, and on it ComfyUI, DDColor, its weights and the worker.
#
# Gotchas:
# - No port is open while it is built. The shell goes through Session Manager: the machine that runs Packer needs AWS's
#   session-manager-plugin on its PATH.
# - `metadata_options` is for the machine that builds; instances of the image get theirs from `imds_support` and the
#   launch template.

packer {
  required_version = ">= 1.11.0"

  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = "= 1.8.4"
    }
  }
}

# The newest one at each build, and its id in the tags: driver and kernel get AWS's fixes, and a build can be told apart.
data "amazon-parameterstore" "base" {
  region = var.region
  name   = "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id"
}

locals {
  now = timestamp()

  # Every pin, by its variable's name. Tags, manifest and the scripts' environment are made of this.
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
  # Deprecated images are no longer listed and still start: it is a reminder, since kernel and driver have aged by then.
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

  # Encrypted from the start: with `encrypt_boot` the finished image would be copied once more.
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
  # With Session Manager the plugin adds no rule to its security group. Without it, this one would open to nobody; the
  # default is the whole world.
  temporary_security_group_source_cidrs = ["127.0.0.1/32"]

  # What Session Manager's agent needs to let us in, and nothing else.
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

  # An hour: the default of ten minutes is too short for the snapshot of a volume of this size.
  aws_polling {
    delay_seconds = 30
    max_attempts  = 120
  }
}

build {
  sources = ["source.amazon-ebs.ddcolor"]

  provisioner "shell" {
    inline = [
      # It still writes to apt's lists and to authorized_keys. 2: done, with warnings.
      "cloud-init status --wait || [ $? -eq 2 ]",
      "mkdir -p /tmp/image",
    ]
  }

  provisioner "file" {
    sources = [
      "${path.root}/../provision",
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
      # The scripts can install into a folder; here it is the machine itself.
      ["PREFIX=", "WORKER_ARCHIVE=/tmp/image/worker.tar.gz"],
      [for pin, value in local.pins : "${upper(pin)}=${value}"],
    )
    inline = [
      # Not every way to upload keeps permissions.
      "chmod 755 /tmp/image/provision/*.sh /tmp/image/systemd/*.sh",
      "/tmp/image/provision/all.sh",
    ]
    timeout = "90m"
  }

  # Last: after it, the machine has no keys, logs or identity that instances could share.
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
