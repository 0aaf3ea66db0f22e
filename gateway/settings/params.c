/* params.c - the numbers of postern.yaml: name, least, most, default, unit,
 * sentence of the manual. */
#include "settings/params.h"

#include "postern/settings.h"

#define KIB 1024
#define MIB (1024 * 1024)
#define GIB ((int64_t)1024 * MIB)
#define ROW(n, lo, hi, def, u, h)                                        \
	{                                                                \
		.name = #n, .min = (lo), .max = (hi), .fallback = (def), \
		.unit = (u), .help = (h),                                \
		.offset = offsetof(struct settings, limits.n)            \
	}

const struct param params[] = {
    ROW(intake_threads, 1, 64, 1, "threads",
	"Threads of the public listener; each serves its share of the "
	"connections."),
    ROW(connections_max, 64, 65536, 16384, "connections",
	"Connections of the public listener at one time; further ones wait."),
    ROW(header_deadline_ms, 100, 60000, 5000, "ms",
	"From accepting a connection to the end of a request's header."),
    ROW(body_deadline_ms, 100, 120000, 10000, "ms",
	"From the end of the header to the end of the body."),
    ROW(commit_deadline_ms, 100, 30000, 5000, "ms",
	"How long a webhook waits for the disk before it is answered with "
	"503."),
    ROW(disk_low_bytes, MIB, 1024 * GIB, 512 * (int64_t)MIB, "bytes",
	"Free space below which webhooks are answered with 503 instead of "
	"being taken."),
    ROW(reserve_bytes, MIB, 16 * GIB, 64 * MIB, "bytes",
	"Size of the file given back when the disk is full, so that erasure "
	"still runs."),
    ROW(api_body_max, 4 * KIB, 16 * MIB, MIB, "bytes",
	"Largest JSON body of a request to the internal listener."),
    ROW(attempts_max, 1, 100, 12, "attempts",
	"Attempts to deliver or send one message before it is set aside as "
	"dead.  \"Too fast\" costs none."),
    ROW(in_flight_max, 1, 256, 64, "calls",
	"Calls to one helpdesk or provider under way at one time.  A "
	"helpdesk may get as many again, with the same ids, after a "
	"process was killed."),
    ROW(media_bytes_max, KIB, 2 * GIB, 100 * MIB, "bytes",
	"Largest attachment that is fetched or taken."),
};
const size_t params_len = sizeof(params) / sizeof(params[0]);
