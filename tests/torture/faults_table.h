/* faults_table.h - which file of the data directory a descriptor is. */
#ifndef TORTURE_FAULTS_TABLE_H
#define TORTURE_FAULTS_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define FAULT_PATH 512
#define FAULT_IOV  512

struct table_entry {
	char path[160]; /* below the data directory; "" is itself */
	uint64_t inode;
	uint32_t file; /* enum fault_file; 0: entry not in use */
	bool folder, appends;
};

void table_start(const char *dir);
/* The path below the data directory; false if it is not there. */
bool table_resolve(int folder, const char *path, char ret[FAULT_PATH]);
uint32_t table_class(const char *path);
bool table_put(int fd, const char *path, int flags);
void table_drop(int fd);
/* NULL if it is no file of the data directory, or another one by now. */
const struct table_entry *table_at(int fd);
uint32_t table_file(int fd);
bool table_appends(int fd);

#endif
