/* export_report.c - the paper of an export, in both languages. */
#include <inttypes.h>

#include "export.h"
#include "policy_verbs/options.h"
#include "postern/caldate.h"
#include "postern/text.h"

#define REPORT_BYTES_MAX (16u * 1024 * 1024)

/* What the facts borrow. */
struct material {
	const struct exporting *x;
	struct audit_facts facts;
	struct audit_day *days;
	struct audit_witness witnesses[AUDIT_WITNESSES_MAX];
	const char *events[LEDGER_EVENTS_COUNT];
	char vkeys[VERIFY_KEYS_MAX][NOTE_VKEY_BYTES];
	const char *vkey_texts[VERIFY_KEYS_MAX];
	char root[BASE64_LEN(MERKLE_HASH_BYTES) + 1];
};

static bool is_empty(const struct exporting *x, size_t day)
{
	const uint64_t *counts = x->counts + day * LEDGER_EVENTS_COUNT;

	for (size_t i = 0; i < LEDGER_EVENTS_COUNT; i++)
		if (counts[i] > 0)
			return false;
	return x->signed_on[day] == 0;
}

static void gather_days(struct material *m)
{
	const struct exporting *x = m->x;

	for (size_t i = 0; i < export_days(x); i++) {
		if (is_empty(x, i))
			continue;
		m->days[m->facts.days_len++] = (struct audit_day){
		    .day = x->from_day + (int64_t)i,
		    .of_event = x->counts + i * LEDGER_EVENTS_COUNT,
		    .checkpoints = x->signed_on[i]};
	}
	m->facts.days = m->days;
}

static void gather_names(struct material *m)
{
	const struct exporting *x = m->x;

	for (int i = 0; i < LEDGER_EVENTS_COUNT; i++)
		m->events[i] = ledger_event_name((enum ledger_event)i);
	for (size_t i = 0; i < x->keys.len; i++) {
		note_key_print(&x->keys.keys[i], m->vkeys[i]);
		m->vkey_texts[i] = m->vkeys[i];
	}
	for (size_t i = 0; i < x->witnesses_len; i++)
		m->witnesses[i] = (struct audit_witness){
		    .name = x->witnesses[i].name,
		    .signed_ = x->witnesses[i].signed_,
		    .last_ms = x->witnesses[i].last_ms,
		    .verified = x->witnesses[i].verified};
	base64_encode(x->body.root.bytes, MERKLE_HASH_BYTES, m->root);
}

static void gather(struct material *m)
{
	const struct exporting *x = m->x;

	gather_names(m);
	m->facts = (struct audit_facts){.controller = x->controller,
					.origin = x->body.origin,
					.root = m->root,
					.vkeys = m->vkey_texts,
					.vkeys_len = x->keys.len,
					.from_day = x->from_day,
					.to_day = x->to_day,
					.made_ms = (int64_t)time(NULL) * 1000,
					.size = x->body.size,
					.entries = x->end - x->begin,
					.first = x->begin,
					.last = x->end > x->begin ? x->end - 1
								  : x->begin,
					.waiting = x->waiting,
					.pruned = x->pruned,
					.events = m->events,
					.events_len = LEDGER_EVENTS_COUNT,
					.checkpoints = x->checkpoints,
					.gap_ms = x->gap_ms,
					.gap_at_ms = x->gap_at_ms,
					.witnesses = m->witnesses,
					.witnesses_len = x->witnesses_len,
					.stamps = x->stamps,
					.stamps_len = x->stamps_len};
	gather_days(m);
}

static int write_one(const struct material *m, enum tongue tongue)
{
	struct buf page = BUF_INIT(REPORT_BYTES_MAX);
	struct err err = {0};
	char name[32];
	int status;

	(void)snprintf(name, sizeof(name), "report.%s.html",
		       tongue_code(tongue));
	if (auditreport_page(&m->facts, tongue, &page, &err) != 0)
		status = refused("the report: %s", err.what);
	else
		status = export_file(m->x, name, page.bytes, page.len);
	buf_free(&page);
	return status;
}

int export_report(struct exporting *x)
{
	struct material *m = calloc(1, sizeof(*m));
	int status = EXIT_REFUSED;

	if (m != NULL) {
		m->x = x;
		m->days = calloc(export_days(x), sizeof(*m->days));
	}
	if (m == NULL || m->days == NULL) {
		(void)refused("no memory");
	} else {
		gather(m);
		status = write_one(m, TONGUE_DE);
		if (status == 0)
			status = write_one(m, TONGUE_EN);
	}
	if (m != NULL)
		free(m->days);
	free(m);
	return status;
}
