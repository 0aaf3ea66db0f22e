/* export.h - what the files of `postern ledger export` share. */
#ifndef POSTERN_LEDGER_VERBS_EXPORT_H
#define POSTERN_LEDGER_VERBS_EXPORT_H

#include "ledger_verbs.h"
#include "postern/auditreport.h"

struct export_witness {
	char name[NOTE_NAME_BYTES];
	uint64_t signed_;
	int64_t last_ms;
	bool verified;
};

struct exporting {
	const struct verb_args *args;
	const char *from, *to, *out; /* as given */
	int64_t from_day, to_day;    /* inclusive, UTC */
	int folder;		     /* --out */
	struct store *st;
	struct buf note; /* of the last checkpoint */
	struct checkpoint body;
	struct verify_keys keys, witness_keys;
	char controller[256];
	char root_path[1100]; /* of the time stamp authority; "": none */
	struct buf root_pem;
	/* What was found (export.c). */
	uint64_t pruned, waiting;
	uint64_t closing;    /* the entry that says what was pruned */
	uint64_t begin, end; /* entries of the period; end is behind it */
	uint64_t *counts;    /* per day, per event */
	uint64_t *signed_on; /* checkpoints per day */
	/* export_parts.c */
	uint64_t checkpoints;
	int64_t last_checkpoint_ms, gap_ms, gap_at_ms;
	struct export_witness witnesses[AUDIT_WITNESSES_MAX];
	size_t witnesses_len;
	struct audit_stamp stamps[AUDIT_STAMPS_MAX];
	size_t stamps_len;
};

size_t export_days(const struct exporting *x);
int64_t export_from_ms(const struct exporting *x);
int64_t export_to_ms(const struct exporting *x); /* behind the last day */

/* A new file of the folder; 0, or EXIT_REFUSED after a complaint. */
int export_file(const struct exporting *x, const char *name, const void *bytes,
		size_t len);

/* Freed with free(). */
struct export_proofs;
struct export_proofs *export_proofs_new(struct store *st, uint64_t size);
int export_prove(struct export_proofs *p, uint64_t index, uint64_t size,
		 struct merkle_hash ret[MERKLE_PROOF_MAX], size_t *ret_len,
		 struct err *err);

/* All of these: 0, or EXIT_REFUSED after a complaint. */
int export_settings(struct exporting *x); /* export_parts.c */
int export_checkpoints(struct exporting *x);
int export_stamps(struct exporting *x);
int export_report(struct exporting *x); /* export_report.c */

#endif
