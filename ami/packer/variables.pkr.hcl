# What the caller says. `packer build -var revision=... -var worker_archive=... ami/packer`

variable "region" {
  description = "Where the image is built and stays."
  type        = string
  default     = "us-east-1"
}

variable "stage" {
  description = "Stage whose parameter will name the image. The image itself knows no stage."
  type        = string
  default     = "dev"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,19}$", var.stage))
    error_message = "A stage is named by small letters, digits and hyphens, 20 at most."
  }
}

variable "revision" {
  description = "Git commit of this repository that the image is built from."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{40}(-dirty)?$", var.revision))
    error_message = "Give the full commit (git rev-parse HEAD), with -dirty after it where files differ."
  }
}

variable "worker_archive" {
  description = "Tarball with the built worker: main.mjs and what it needs beside it."
  type        = string
}

variable "instance_type" {
  description = "Machine that builds. One with a GPU tries the image on it; a c7i.xlarge builds too, and tries it on processors only."
  type        = string
  default     = "g4dn.xlarge"
}

variable "subnet_id" {
  description = "Public subnet to build in; left out, one of the default VPC."
  type        = string
  default     = null
}

variable "root_volume_gib" {
  description = "Root volume. No more than an instance of the fleet gets (lib/gpu-fleet.ts), or none could start."
  type        = number
  default     = 60
}

# Values of these: versions.auto.pkrvars.hcl. No defaults, so that a pin has one place.

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
