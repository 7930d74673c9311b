/**
 * The peer in Python, and this package.
 *
 * @module
 */

import { findProgram } from "../../../../scripts/find_program.ts";
import { testPeer } from "../testing/peer_tests.ts";

const ADAPTER = new URL("adapter.py", import.meta.url).pathname;

const PYTHON = await findProgram(["python3"], "--version");

testPeer({
  language: "Python",
  needs: { python3: PYTHON },
  // Without -B it would leave its bytecode in the project.
  command: () => `${PYTHON} -B ${ADAPTER}`,
});
