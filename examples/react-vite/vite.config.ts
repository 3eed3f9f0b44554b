import { env } from "node:process";
import { cloudflare } from "@cloudflare/vite-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Otherwise the local runtime would look up this machine's location, and log an error when it is offline.
env.CLOUDFLARE_CF_FETCH_ENABLED ??= "false";

/** One port for the page and the Worker behind it. */
export default defineConfig({ plugins: [react(), cloudflare()] });
