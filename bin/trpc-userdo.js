#!/usr/bin/env node
// Of its own, so that it is there to be linked before dist/ is built.
import "../dist/cli/main.js";
