/* The C libraries of the browser's module without what the phone never asks for; included before everything of theirs.
   What the phone does ask for is tried in a browser (tests/browser/app). Without it the module is 165 kB larger, packed. */

/* SQLite: extensions that sqlite-wasm-rs switches on. */
#undef SQLITE_ENABLE_API_ARMOR
#undef SQLITE_ENABLE_BYTECODE_VTAB
#undef SQLITE_ENABLE_COLUMN_METADATA
#undef SQLITE_ENABLE_DBPAGE_VTAB
#undef SQLITE_ENABLE_DBSTAT_VTAB
#undef SQLITE_ENABLE_FTS5
#undef SQLITE_ENABLE_MATH_FUNCTIONS
#undef SQLITE_ENABLE_OFFSET_SQL_FUNC
#undef SQLITE_ENABLE_PREUPDATE_HOOK
#undef SQLITE_ENABLE_RTREE
#undef SQLITE_ENABLE_SESSION
#undef SQLITE_ENABLE_STMTVTAB
#undef SQLITE_ENABLE_UNKNOWN_SQL_FUNCTION
#undef SQLITE_ENABLE_UNLOCK_NOTIFY
#define SQLITE_OMIT_AUTHORIZATION 1
#define SQLITE_OMIT_CASE_SENSITIVE_LIKE_PRAGMA 1
#define SQLITE_OMIT_COMPILEOPTION_DIAGS 1
#define SQLITE_OMIT_COMPLETE 1
#define SQLITE_OMIT_DECLTYPE 1
#define SQLITE_OMIT_DESERIALIZE 1
#define SQLITE_OMIT_GET_TABLE 1
#define SQLITE_OMIT_INTROSPECTION_PRAGMAS 1
#define SQLITE_OMIT_JSON 1
#define SQLITE_OMIT_PROGRESS_CALLBACK 1
#define SQLITE_OMIT_SCHEMA_PRAGMAS 1
#define SQLITE_OMIT_TCL_VARIABLE 1
#define SQLITE_OMIT_TRACE 1
#define SQLITE_OMIT_UTF16 1
#define SQLITE_UNTESTABLE 1
/* Its dates and times: the clock is the phone's (ports.rs). What would be left of them, CURRENT_TIME and the like, is null. */
#ifdef SQLITE_OS_OTHER
#include <time.h>
#define SQLITE_OMIT_DATETIME_FUNCS 1
#define HAVE_GMTIME_R 1
#define gmtime_r(time, parts) ((struct tm *)0)
#endif

/* zstd: the phone packs small columns at middling levels; a level without its own way takes the next weaker one. */
#define ZSTD_EXCLUDE_DFAST_BLOCK_COMPRESSOR 1
#define ZSTD_EXCLUDE_GREEDY_BLOCK_COMPRESSOR 1
#define ZSTD_EXCLUDE_LAZY2_BLOCK_COMPRESSOR 1
#define ZSTD_EXCLUDE_BTLAZY2_BLOCK_COMPRESSOR 1
#define ZSTD_EXCLUDE_BTOPT_BLOCK_COMPRESSOR 1
#define ZSTD_EXCLUDE_BTULTRA_BLOCK_COMPRESSOR 1
#define HUF_FORCE_DECOMPRESS_X1 1
#define ZSTD_FORCE_DECOMPRESS_SEQUENCES_SHORT 1
#define ZSTD_STRIP_ERROR_STRINGS 1
/* Each of its loops once, not once for every kind of input: 12 kB packed. Packs at 48 MB/s instead of 63 and unpacks at 200
   instead of 250 where this was measured, and a sync has less than one megabyte of it. The bytes are the same. */
#define ZSTD_NO_INLINE 1
