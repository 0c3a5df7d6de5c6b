// Package link keeps the service in contact with the cloud: MQTT 3.1.1 over
// WebSocket and TLS, outbound to port 443 only (P9, P11), with Azure IoT Hub's
// topics and rules on every broker.
//
// What must arrive waits in the store's outbox under a number. It is sent in
// order, waits until the broker acknowledged it, and is sent again from there
// after anything that went wrong: at least once, and once in effect, since the
// cloud drops numbers it has seen (scenario 43). What was acknowledged is kept
// for a time: a cloud that was put back from a backup asks for it. paho's own
// memory of messages is never relied on.
//
// Of what comes from the cloud four things have an effect, each only with a
// signature: time is kept as the last trusted time, a policy can only narrow, a
// message becomes a notification, and the log's checkpoint comes back cosigned
// (scenario 42).
package link
