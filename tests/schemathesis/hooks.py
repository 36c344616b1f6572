"""What schemathesis has to be told: a bundle is a file, its body is sent as the bytes that were made up."""

import schemathesis

schemathesis.serializer.alias("application/vnd.guanmo.bundle", "application/octet-stream")
