/* prove.c - `postern ledger prove`: a receipt of one entry, to hand on. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "ledger_verbs.h"
#include "policy_verbs/options.h"
#include "postern/receiptextra.h"

#define EXTRA_BYTES_MAX (LEDGER_ENTRY_MAX + 64)
#define WORDS_MAX	16 /* of the command line */

struct proving {
	const struct verb_args *args;
	const char *which, *out;
	struct store *st;
	uint64_t index;
	struct buf entry;
};

/* --- which entry ---------------------------------------------------------- */

static bool is_number(const char *text, uint64_t *ret)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > 18 || text[len] != '\0')
		return false;
	*ret = strtoull(text, NULL, 10);
	return true;
}

static int read_entry(struct proving *p, uint64_t index, struct err *err)
{
	p->entry.len = 0;
	return ledger_read(p->st, index, &p->entry, err);
}

/* 1 it is about what was asked for, 0 it is not. */
static int is_about(struct proving *p, uint64_t index, struct err *err)
{
	struct ledger_told told;

	if (read_entry(p, index, err) != 0)
		return -1;
	if (ledger_entry_parse(p->entry.bytes, p->entry.len, &told, err) != 0)
		return ERR_SET(err, ERR_CORRUPT,
			       "an entry is damaged; postern ledger verify "
			       "names it",
			       0);
	return strcmp(told.object.text, p->which) == 0;
}

/* The newest entry about it; those before first were pruned. */
static int scan(struct proving *p, uint64_t first, uint64_t entries,
		struct err *err)
{
	struct ledger_meter meter;
	int found = 0;

	ledger_meter_begin(&meter, "looking");
	for (uint64_t i = entries; found == 0 && i-- > first;) {
		ledger_meter_show(&meter, entries - i, entries - first);
		found = is_about(p, i, err);
		p->index = i;
	}
	ledger_meter_end(&meter);
	if (found == 0)
		return ERR_SET(err, ERR_ABSENT, "no entry is about it", 0);
	return found > 0 ? 0 : -1;
}

static int find(struct proving *p, struct err *err)
{
	uint64_t entries, first;

	if (is_number(p->which, &p->index))
		return read_entry(p, p->index, err);
	if (ledger_entries(p->st, &entries, err) != 0 ||
	    ledger_first(p->st, &first, err) != 0)
		return -1;
	return scan(p, first, entries, err);
}

/* --- the receipt ---------------------------------------------------------- */

static int make(struct proving *p, struct buf *ret, struct err *err)
{
	struct buf extra = BUF_INIT(EXTRA_BYTES_MAX);
	int rc =
	    receiptextra_print(p->entry.bytes, p->entry.len, NULL, &extra, err);

	if (rc == 0)
		rc = ledger_receipt(p->st, p->index, extra.bytes, extra.len,
				    ret, err);
	buf_free(&extra);
	return rc;
}

static int write_out(const char *path, const struct buf *bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	FILE *out = fd >= 0 ? fdopen(fd, "wb") : NULL;
	bool good;

	if (out == NULL)
		return refused("%s: cannot be made (error %d)", path, errno);
	good = fwrite(bytes->bytes, 1, bytes->len, out) == bytes->len;
	if (fclose(out) != 0 || !good)
		return refused("%s: cannot be written (error %d)", path, errno);
	return EXIT_DONE;
}

static int tell(const struct proving *p, const struct buf *receipt)
{
	int status = EXIT_DONE;

	if (p->out != NULL)
		status = write_out(p->out, receipt);
	if (status != EXIT_DONE)
		return status;
	if (p->args->json)
		return print_json(json_pack(
		    "{s:I, s:s#, s:s*, s:s#}", "index", (json_int_t)p->index,
		    "entry", (const char *)p->entry.bytes, (int)p->entry.len,
		    "file", p->out, "receipt", (const char *)receipt->bytes,
		    (int)receipt->len));
	if (p->out == NULL)
		(void)fwrite(receipt->bytes, 1, receipt->len, stdout);
	else
		(void)printf("entry %" PRIu64 ": %s\n", p->index, p->out);
	return printed();
}

static int prove(struct proving *p)
{
	struct buf receipt = BUF_INIT(RECEIPT_BYTES_MAX);
	struct err err = {0};
	int status;

	if (find(p, &err) != 0)
		status = refused("%s: %s", p->which, err.what);
	else if (make(p, &receipt, &err) == 0)
		status = tell(p, &receipt);
	else if (err.kind == ERR_ABSENT)
		status = refused("entry %" PRIu64 ": no checkpoint covers it "
				 "yet; `postern ledger checkpoint` signs one",
				 p->index);
	else
		status = refused("entry %" PRIu64 ": %s", p->index, err.what);
	buf_free(&receipt);
	return status;
}

/* What is no option and no value of one; it may stand before and after them.
 * NULL: nothing does.  The rest goes into *ret, with room for all of it. */
static const char *take_which(const struct verb_args *args,
			      struct verb_args *ret)
{
	const char *which = NULL;
	bool value = false;

	ret->argc = 0;
	for (int i = 0; i < args->argc; i++) {
		char *word = args->argv[i];

		if (which == NULL && !value && word[0] != '-') {
			which = word;
			continue;
		}
		value = !value && word[0] == '-';
		ret->argv[ret->argc++] = word;
	}
	return which != NULL && which[0] != '\0' ? which : NULL;
}

int ledger_verb_prove(const struct verb_args *args)
{
	struct proving p = {.args = args, .entry = BUF_INIT(TILE_ENTRY_MAX)};
	const struct option_row rows[] = {{"--out", &p.out, false}};
	char *words[WORDS_MAX];
	struct verb_args rest = *args;
	struct err err = {0};
	int status;

	rest.argv = words;
	p.which = args->argc <= WORDS_MAX ? take_which(args, &rest) : NULL;
	if (p.which == NULL) {
		(void)refused("the number of an entry, or what it is about");
		return EXIT_USAGE;
	}
	status = options_read(&rest, rows, 1);
	if (status != EXIT_DONE)
		return status;
	if (ledger_look(args->dir, &p.st, &err) == 0)
		status = prove(&p);
	else
		status = refused("%s: %s", args->dir, err.what);
	store_close(&p.st);
	buf_free(&p.entry);
	return status;
}
