/**
 * Loaded before each test file. The inputs of property tests are the same in every run, so that what passed here passes
 * elsewhere; `npm run fuzz` looks for new ones.
 */
import { configureGlobal } from "fast-check";

/** Of no meaning: any fixed number will do. */
const USUAL_SEED = 20_260_401;

const given = process.env["POSTERN_PROPERTY_SEED"];
const seed = given === undefined ? USUAL_SEED : Number(given);
if (!Number.isInteger(seed)) throw new Error(`POSTERN_PROPERTY_SEED must be a whole number, not ${given}.`);
configureGlobal({ seed });
