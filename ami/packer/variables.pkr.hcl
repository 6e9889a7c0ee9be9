# Variables of the template: `packer build -var revision=... -var worker_archive=... ami/packer`

variable "region" {
  description = "Region of the build and of the image."
  type        = string
  default     = "us-east-1"
}

variable "stage" {
  description = "Stage whose parameter will hold the image id. The image itself does not depend on the stage."
  type        = string
  default     = "dev"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,17}$", var.stage))
    error_message = "A stage's name has lowercase letters, digits and hyphens, at most 18 characters."
  }
}

variable "revision" {
  description = "Git commit of this repository that the image is built from."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{40}(-dirty)?$", var.revision))
    error_message = "The revision is a full commit id (git rev-parse HEAD), with the suffix -dirty for local changes."
  }
}

variable "worker_archive" {
  description = "Tarball of the built worker: main.mjs and its dependencies."
  type        = string
}

variable "instance_type" {
  description = "Type of the build instance. With a GPU the image is checked on it; a c7i.xlarge works too and checks on the CPU only."
  type        = string
  default     = "g4dn.xlarge"
}

variable "subnet_id" {
  description = "Public subnet of the build instance. Default: one of the default VPC."
  type        = string
  default     = null
}

variable "root_volume_gib" {
  description = "Size of the root volume: at least that of the base image, at most that of the fleet's instances (contract/image.ts)."
  type        = number
  default     = 100

  validation {
    condition     = var.root_volume_gib >= 75 && var.root_volume_gib <= 100
    error_message = "From 75, the snapshot of the base image, to 100, the volume of the fleet's instances: neither starts otherwise."
  }
}

# Values are in versions.auto.pkrvars.hcl. No defaults here, so that each pin is in one place.

variable "comfyui_repository" {
  type = string
}

variable "comfyui_version" {
  type = string
}

variable "comfyui_commit" {
  type = string

  validation {
    condition     = can(regex("^[0-9a-f]{40}$", var.comfyui_commit))
    error_message = "A tag or branch can move: give the full commit."
  }
}

variable "ddcolor_repository" {
  type = string
}

variable "ddcolor_commit" {
  type = string

  validation {
    condition     = can(regex("^[0-9a-f]{40}$", var.ddcolor_commit))
    error_message = "A tag or branch can move: give the full commit."
  }
}

variable "weights_url" {
  type = string
}

variable "weights_file" {
  type = string
}

variable "weights_sha256" {
  type = string

  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.weights_sha256))
    error_message = "A SHA-256 has 64 hexadecimal digits."
  }
}

variable "weights_bytes" {
  type = string
}
