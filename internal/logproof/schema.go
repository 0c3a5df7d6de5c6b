package logproof

import _ "embed"

// Schema makes the audit tables as they first were. It is the store's migration
// 1 and never changes; a later form of the log gets a later step.
//
//go:embed schema.sql
var Schema string

//go:embed schema_archive.sql
var schemaArchive string

//go:embed schema_persons.sql
var schemaPersons string

// Steps are the migrations that belong to the audit tables, by their number
// among the store's. A database whose user_version is N has those up to N.
func Steps() map[int]string {
	return map[int]string{1: Schema, 5: schemaArchive, 6: schemaPersons}
}

// ApplicationID marks a database as ours (PRAGMA application_id): "BCLG".
const ApplicationID = 0x42434c47

// FileName is the database's name inside the service's data folder.
const FileName = "log.db"

// auditTables are the tables verification reads, in the order it names them,
// each with the user_version from which it is there.
var auditTables = []struct {
	name  string
	since int64
}{{"entries", 1}, {"entry_personal", 1}, {"nodes", 1}, {"checkpoints", 1}, {"head", 1}, {"leaves", 5}, {"archives", 5}, {"checkpoint_chain", 5}}
