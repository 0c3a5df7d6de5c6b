package logproof

import _ "embed"

// Schema makes the audit tables. It is the store's migration 1 and never
// changes; a later form of the log gets a later migration.
//
//go:embed schema.sql
var Schema string

// ApplicationID marks a database as ours (PRAGMA application_id): "BCLG".
const ApplicationID = 0x42434c47

// FileName is the database's name inside the service's data folder.
const FileName = "log.db"

// auditTables are the tables verification reads, in the order it names them.
var auditTables = []string{"entries", "entry_personal", "nodes", "checkpoints", "head"}
