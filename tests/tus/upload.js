// One file by tus-js-client, which resumes by itself: node upload.js ENDPOINT TOKEN FILE SHA256 CHUNK
import { readFileSync } from "node:fs";
import * as tus from "tus-js-client";

const [endpoint, token, file, sha256, chunk] = process.argv.slice(2);
const upload = new tus.Upload(readFileSync(file), {
  endpoint,
  chunkSize: Number(chunk),
  headers: { authorization: `Bearer ${token}` },
  metadata: { sha256 },
  retryDelays: Array(12).fill(0),
  onError(error) {
    console.error(String(error));
    process.exit(1);
  },
  onSuccess() {
    process.exit(0);
  },
});
upload.start();
