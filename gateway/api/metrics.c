/* metrics.c - Prometheus text.  Labels hold configured names only. */
#include <inttypes.h>
#include <stdarg.h>

#include "alarms.h"
#include "figures.h"
#include "intake/intake.h"
#include "route.h"
#include "stats.h"
#include "worker/ledger_witness.h"

#define METRICS_MAX	(256u * 1024)
#define METRIC_LINE_MAX 256

/* Remembers that a line did not fit; checked once at the end. */
struct sheet {
	struct buf text;
	bool failed;
};

__attribute__((format(printf, 2, 3))) static void put(struct sheet *s,
						      const char *format, ...)
{
	char line[METRIC_LINE_MAX];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(line) ||
	    buf_append(&s->text, line, (size_t)len, NULL) != 0)
		s->failed = true;
}

static void put_head(struct sheet *s, const char *name, const char *type,
		     const char *help)
{
	put(s, "# HELP postern_%s %s\n# TYPE postern_%s %s\n", name, help, name,
	    type);
}

static void put_counter(struct sheet *s, const char *part, const char *name,
			unsigned long long value)
{
	put(s,
	    "# HELP postern_%s_%s_total Since the start of the %s.\n"
	    "# TYPE postern_%s_%s_total counter\n"
	    "postern_%s_%s_total %llu\n",
	    part, name, part, part, name, part, name, value);
}

static void put_gauge(struct sheet *s, const char *name, const char *help,
		      unsigned long long value)
{
	put_head(s, name, "gauge", help);
	put(s, "postern_%s %llu\n", name, value);
}

static void put_counters(struct sheet *s, const struct worker *w)
{
#define X(n)                         \
	put_counter(s, "worker", #n, \
		    atomic_load_explicit(&w->counts.n, memory_order_relaxed));
	WORKER_COUNTERS(X)
#undef X
	if (w->intake == NULL)
		return;
#define X(n)                 \
	put_counter(         \
	    s, "intake", #n, \
	    atomic_load_explicit(&w->intake->n, memory_order_relaxed));
	INTAKE_COUNTERS(X)
#undef X
}

static void put_outbox(struct sheet *s, const struct figures *f,
		       const char *state,
		       int64_t (*value)(const struct figure *))
{
	for (size_t i = 0; i < f->len; i++)
		put(s,
		    "postern_outbox_rows{kind=\"%s\",destination=\"%s\","
		    "state=\"%s\"} %lld\n",
		    f->destinations[i].kind,
		    f->destinations[i].destination.text, state,
		    (long long)value(&f->destinations[i]));
}

static int64_t waiting(const struct figure *one)
{
	return one->waiting;
}

static int64_t unknown(const struct figure *one)
{
	return one->unknown;
}

static int64_t dead(const struct figure *one)
{
	return one->dead;
}

static void put_gauges(struct sheet *s, const struct figures *f)
{
	put_gauge(s, "ready", "1 when messages flow.",
		  strcmp(figures_ready(f), "ready") == 0);
	put_gauge(s, "keeper_locked", "1 when no key can be used.",
		  f->keeper_away || f->keeper.locked);
	put_gauge(s, "data_keys", "Wrapped keys in the key store.",
		  f->keeper.data_keys);
	put_gauge(s, "spool_backlog_bytes",
		  "Acknowledged, not yet in the archive.", f->backlog_bytes);
	put_gauge(s, "quarantined", "Bodies nobody understood.",
		  (unsigned long long)f->quarantined);
	put_gauge(s, "media_wanted", "Attachments still to be fetched.",
		  (unsigned long long)f->media_wanted);
	put_gauge(s, "ledger_entries", "Of the proof log.", f->ledger.entries);
	put_gauge(s, "ledger_signed_size", "How many of them are signed.",
		  f->ledger.signed_size);
	put_gauge(s, "ledger_signed_seconds", "When, as Unix time; 0 never.",
		  (unsigned long long)(f->ledger.signed_ms / 1000));
	put_head(s, "outbox_rows", "gauge", "What is still to be told.");
	put_outbox(s, f, "waiting", waiting);
	put_outbox(s, f, "unknown", unknown);
	put_outbox(s, f, "dead", dead);
}

/* The id of its key: a name could break out of a label. */
static void put_witness(struct sheet *s, const struct worker *w,
			const char *name,
			int64_t (*value)(const struct ledger_witness_view *))
{
	struct ledger_witness_view v;

	for (size_t i = 0; i < ledger_witness_count(w); i++) {
		ledger_witness_look(w, i, &v);
		put(s, "postern_%s{witness=\"%08" PRIx32 "\"} %lld\n", name,
		    v.key.id, (long long)value(&v));
	}
}

static int64_t witness_size(const struct ledger_witness_view *v)
{
	return (int64_t)v->size;
}

static int64_t witness_attempts(const struct ledger_witness_view *v)
{
	return v->attempts;
}

static int64_t witness_disagrees(const struct ledger_witness_view *v)
{
	return v->state == LEDGER_WITNESS_SPLIT ||
	       v->state == LEDGER_WITNESS_FORGOT;
}

static void put_witnesses(struct sheet *s, const struct worker *w)
{
	if (ledger_witness_count(w) == 0)
		return;
	put_head(s, "ledger_witness_size", "gauge",
		 "Entries of the checkpoint it signed last.");
	put_witness(s, w, "ledger_witness_size", witness_size);
	put_head(s, "ledger_witness_attempts", "gauge",
		 "In vain since it signed last.");
	put_witness(s, w, "ledger_witness_attempts", witness_attempts);
	put_head(s, "ledger_witness_disagrees", "gauge",
		 "1 when it remembers another history: possible split view.");
	put_witness(s, w, "ledger_witness_disagrees", witness_disagrees);
}

static void put_alarm(void *ctx, const char *kind, int64_t n)
{
	put(ctx, "postern_alarms{kind=\"%s\"} %lld\n", kind, (long long)n);
}

static int put_alarms(struct sheet *s, struct worker *w, struct err *err)
{
	put_head(s, "alarms", "gauge", "Open; somebody has to look at them.");
	return alarms_each(w, put_alarm, s, err);
}

int api_metrics(struct worker *w, struct job *job, struct err *err)
{
	struct sheet s = {.text = BUF_INIT(METRICS_MAX)};
	struct figures *f = calloc(1, sizeof(*f));
	int rc = -1;

	if (f == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for figures", 0);
	if (figures_read(w, f, err) != 0)
		goto out;
	put_counters(&s, w);
	put_gauges(&s, f);
	put_witnesses(&s, w);
	if (put_alarms(&s, w, err) != 0 || stats_gauges(w, &s.text, err) != 0)
		goto out;
	if (s.failed)
		ERR_SET(err, ERR_NOMEM, "metrics do not fit", 0);
	else
		rc = job_text(job, 200, "text/plain; version=0.0.4",
			      s.text.bytes, s.text.len, err);
out:
	buf_free(&s.text);
	free(f);
	return rc;
}
