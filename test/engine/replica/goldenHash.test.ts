import { testGoldenHashes } from "./goldenHashes.ts";

testGoldenHashes();
