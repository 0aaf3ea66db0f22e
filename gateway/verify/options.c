/* options.c - what is asked for. */
#include <string.h>

#include "verify.h"

struct word {
	const char *name;
	const char **value;
};

static int take_key(struct verify_ask *ask, const char *name, const char *value)
{
	struct verify_keys *k =
	    strcmp(name, "--vkey") == 0 ? &ask->keys : &ask->witnesses;
	struct err err = {0};

	if (verify_keys_add(k, value, &err) == 0)
		return 0;
	return verify_failed(ask, "%s %s: %s", name,
			     value[0] == '@' ? value + 1 : "KEY", err.what);
}

static bool is_key(const char *name)
{
	return strcmp(name, "--vkey") == 0 || strcmp(name, "--witness") == 0;
}

/* 0, or the exit status of a complaint. */
static int take_option(struct verify_ask *ask, const char *name,
		       const char *value)
{
	const struct word words[] = {
	    {"--receipt", &ask->receipt},    {"--note", &ask->note},
	    {"--stamp", &ask->stamp},	     {"--entry", &ask->entry},
	    {"--checkpoint", &ask->against}, {"--data", &ask->stamped},
	    {"--root", &ask->root_pem},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].name, name) != 0)
			continue;
		if (value == NULL)
			return verify_misused(ask, "no value for %s", name);
		if (*words[i].value != NULL)
			return verify_misused(ask, "twice: %s", name);
		*words[i].value = value;
		return 0;
	}
	if (!is_key(name))
		return verify_misused(ask, "unknown option %s", name);
	if (value == NULL)
		return verify_misused(ask, "no value for %s", name);
	return take_key(ask, name, value);
}

static int take_all(struct verify_ask *ask, int argc, char **argv)
{
	bool options = true;

	for (int i = 0; i < argc; i++) {
		int status;

		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
			continue;
		}
		if (!options || argv[i][0] != '-') {
			if (ask->folder != NULL)
				return verify_misused(ask, "one folder only");
			ask->folder = argv[i];
			continue;
		}
		/* The one without a value. */
		if (ask->data != NULL && strcmp(argv[i], "--log-only") == 0) {
			ask->log_only = true;
			continue;
		}
		status = take_option(ask, argv[i],
				     i + 1 < argc ? argv[i + 1] : NULL);
		if (status != 0)
			return status;
		i++;
	}
	return 0;
}

/* --- what goes together --------------------------------------------------- */

/* A witness's key is no proof that the log signed, so it does not stand for
 * one: what it says is told, and not asked for. */
static void part_keys(struct verify_ask *ask)
{
	struct verify_keys all = ask->keys;

	ask->keys.len = 0;
	for (size_t i = 0; i < all.len; i++) {
		struct verify_keys *to =
		    all.keys[i].type == NOTE_ED25519 ? &ask->keys : &ask->known;

		to->keys[to->len++] = all.keys[i];
	}
}

static int check_keys(struct verify_ask *ask)
{
	if (ask->note == NULL)
		part_keys(ask);
	for (size_t i = 0; i < ask->witnesses.len; i++)
		if (ask->witnesses.keys[i].type == NOTE_ED25519)
			return verify_failed(ask, "--witness is no key of a "
						  "witness (type 4)");
	if (ask->keys.len == 0 && ask->known.len > 0)
		return verify_failed(ask, "--vkey is the key of a witness; "
					  "that of the log is missing");
	if (ask->receipt != NULL && ask->keys.len == 0)
		return verify_misused(ask, "--receipt needs the key of the "
					   "log, --vkey");
	return 0;
}

static int check_together(struct verify_ask *ask)
{
	int kinds = (ask->receipt != NULL) + (ask->note != NULL) +
		    (ask->stamp != NULL) + (ask->folder != NULL);
	bool log =
	    ask->receipt == NULL && ask->note == NULL && ask->stamp == NULL;

	if (kinds > 1)
		return verify_misused(ask, "one of FOLDER, --receipt, --note "
					   "and --stamp at a time");
	if (log && ask->folder == NULL && ask->dir == NULL)
		return verify_misused(ask, "what is to be verified?");
	if (ask->entry != NULL && ask->receipt == NULL)
		return verify_misused(ask, "--entry belongs to --receipt");
	if ((ask->against != NULL || ask->log_only) && !log)
		return verify_misused(ask, "--checkpoint and --log-only belong "
					   "to a log");
	if ((ask->stamped != NULL || ask->root_pem != NULL) &&
	    ask->stamp == NULL)
		return verify_misused(ask,
				      "--data and --root belong to --stamp");
	if (ask->witnesses.len > 0 && (ask->note != NULL || ask->stamp != NULL))
		return verify_misused(ask, "--witness belongs to a log or a "
					   "receipt");
	return check_keys(ask);
}

int verify_run(struct verify_ask *ask, int argc, char **argv)
{
	int status = take_all(ask, argc, argv);

	if (status == 0)
		status = check_together(ask);
	if (status != 0)
		return status;
	if (ask->receipt != NULL)
		return verify_receipt_ask(ask);
	if (ask->note != NULL)
		return verify_note_ask(ask);
	if (ask->stamp != NULL)
		return verify_stamp_ask(ask);
	return verify_log_ask(ask);
}
