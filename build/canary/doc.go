// Package canary puts secrets and names through every way into the system, on a
// real service and a real cloud, and looks for them wherever something is kept,
// written or sent. It holds tests only.
package canary
