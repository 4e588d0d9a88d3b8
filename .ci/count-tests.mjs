// Adds up what the jest runs reported (one JSON file each) and prints the closing line `N passed, N failed`.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.argv[2];
const files = existsSync(directory) ? readdirSync(directory).filter((file) => file.endsWith('.json')) : [];
const total = { passed: 0, failed: 0, skipped: 0 };
for (const file of files) {
  const result = JSON.parse(readFileSync(join(directory, file), 'utf8'));
  total.passed += result.numPassedTests;
  total.skipped += result.numPendingTests + result.numTodoTests;
  // A suite that did not start has no failed test, and still counts as a failure.
  total.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
}
if (!files.some((file) => file === 'npm-test.json')) total.failed += 1;
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
