//! Random conversations.

use crate::case::{Case, Startup, Step};
use crate::harness::raw;
use crate::texts::{parameterised, pick, text};
use bytes::BufMut;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// The conversation of a seed. `options` are startup parameters that it has in any case.
pub fn case(seed: u64, options: &[(&str, &str)]) -> Case {
    let mut random = StdRng::seed_from_u64(seed);
    let random = &mut random;
    let startup = if random.random_bool(0.1) {
        odd_startup(random, options)
    } else {
        plain_startup(random, options)
    };
    let count = random.random_range(1..=14);
    let mut steps = Vec::new();
    while steps.len() < count {
        match random.random_range(0..100) {
            0..45 => steps.push(query(random)),
            45..75 => extended(random, &mut steps),
            75..90 => steps.push(message(random)),
            90..93 => copy(random, &mut steps),
            93..95 => steps.push(function_call(random)),
            95..98 => steps.push(broken_body(random)),
            98 => {
                steps.push(ending(random));
                break;
            }
            _ => {
                steps.push(ended(random));
                break;
            }
        }
    }
    for step in &mut steps {
        step.waits = match step.bytes[0] {
            b'X' => false,
            b'Q' | b'S' | b'F' | b'H' => random.random_bool(0.6),
            // The proxy takes a client that has closed its side for gone.
            _ => step.last,
        };
    }
    Case {
        startup,
        steps,
        pieces: random.random_bool(0.3).then(|| random.random()),
    }
}

pub fn plain_startup(random: &mut StdRng, options: &[(&str, &str)]) -> Startup {
    let mut parameters = vec![("user", "fuzzer"), ("database", "fuzz")];
    parameters.extend_from_slice(options);
    if random.random_bool(0.3) {
        parameters.push(
            *[
                ("application_name", "psql"),
                ("client_encoding", "LATIN1"),
                ("client_encoding", "'utf-8'"),
                ("options", "-c work_mem=1MB --my.own=a\\ b"),
                ("options", "-c search_path=pg_catalog,public"),
                ("search_path", "public"),
                ("DateStyle", "German"),
                ("default_transaction_isolation", "serializable"),
            ]
            .get(random.random_range(0..8))
            .expect("a choice"),
        );
    }
    Startup {
        requests: Vec::new(),
        packet: raw::startup(&parameters),
        shown: format!("Startup {parameters:?}"),
    }
}

fn odd_startup(random: &mut StdRng, options: &[(&str, &str)]) -> Startup {
    // Encryption by GSS is not among them: the proxy has none, the server may.
    let ssl = [8_u32.to_be_bytes(), 80_877_103_u32.to_be_bytes()].concat();
    let mut startup = plain_startup(random, options);
    let with = |parameters: &[(&str, &str)]| Startup {
        requests: Vec::new(),
        packet: raw::startup(parameters),
        shown: format!("Startup {parameters:?}"),
    };
    match random.random_range(0..10) {
        0..4 => {
            startup.requests = vec![ssl];
            startup.shown = format!("SSLRequest, {}", startup.shown);
        }
        4 => startup = with(&[("user", "nope"), ("database", "fuzz")]),
        5 => startup = with(&[("user", "fuzzer"), ("database", "nope")]),
        6 => startup = with(&[("user", "fuzzer"), ("database", "fuzz"), ("nope", "1")]),
        7 => startup = with(&[("user", "fuzzer"), ("database", "fuzz"), ("work_mem", "x")]),
        8 => {
            startup = with(&[
                ("user", "fuzzer"),
                ("database", "fuzz"),
                ("options", "-c nope=1"),
            ]);
        }
        _ => {
            // A minor version and an option of a protocol to come.
            let mut parameters = vec![("user", "fuzzer"), ("database", "fuzz"), ("_pq_.nope", "1")];
            parameters.extend_from_slice(options);
            startup = with(&parameters);
            startup.packet[7] = 2;
        }
    }
    startup
}

fn query(random: &mut StdRng) -> Step {
    Step::query(&text(random))
}

fn name<'a>(random: &mut StdRng) -> &'a str {
    pick(random, &["", "", "", "one", "two", "é"])
}

/// A sequence as drivers send it.
fn extended(random: &mut StdRng, steps: &mut Vec<Step>) {
    let (statement, portal) = (name(random), name(random));
    if random.random_bool(0.9) {
        steps.push(parse(random, statement));
    }
    if random.random_bool(0.3) {
        steps.push(describe(b'S', statement));
    }
    for _ in 0..random.random_range(1..=2) {
        steps.push(bind(random, portal, statement));
        if random.random_bool(0.6) {
            steps.push(describe(b'P', portal));
        }
        steps.push(execute(random, portal));
        if random.random_bool(0.2) {
            steps.push(execute(random, portal));
        }
    }
    if random.random_bool(0.2) {
        steps.push(close(random));
    }
    if random.random_bool(0.2) {
        steps.push(Step::new(raw::flush(), "Flush".to_owned()));
    }
    if random.random_bool(0.8) {
        steps.push(Step::new(raw::sync(), "Sync".to_owned()));
    }
}

/// Any message, wherever it may stand.
fn message(random: &mut StdRng) -> Step {
    let (statement, portal) = (name(random), name(random));
    match random.random_range(0..12) {
        0..2 => parse(random, statement),
        2 => bind(random, portal, statement),
        3 => describe(b'S', statement),
        4 => describe(b'P', portal),
        5 => execute(random, portal),
        6 => close(random),
        7 => Step::new(raw::flush(), "Flush".to_owned()),
        8 => Step::new(raw::frame(b'c', b""), "CopyDone".to_owned()),
        9 => Step::new(raw::frame(b'f', b"failed\0"), "CopyFail".to_owned()),
        10 => copy_data(random),
        _ => Step::new(raw::sync(), "Sync".to_owned()),
    }
}

fn parse(random: &mut StdRng, name: &str) -> Step {
    let sql = parameterised(random);
    let types: &[u32] = match random.random_range(0..10) {
        0 => &[23],
        1 => &[23, 25],
        2 => &[0, 25],
        3 => &[4_000_000],
        _ => &[],
    };
    let mut body = [name.as_bytes(), b"\0", sql.as_bytes(), b"\0"].concat();
    body.put_u16(u16::try_from(types.len()).expect("few types"));
    for oid in types {
        body.put_u32(*oid);
    }
    Step::new(
        raw::frame(b'P', &body),
        format!("Parse {name:?} {sql:?} {types:?}"),
    )
}

fn bind(random: &mut StdRng, portal: &str, statement: &str) -> Step {
    let count = *[0, 0, 1, 1, 2, 2]
        .get(random.random_range(0..6))
        .expect("a choice");
    let values = ["1", "2", "0", "a", "b", "nope"];
    let parameters: Vec<&str> = (0..count).map(|_| pick(random, &values)).collect();
    let binary = random.random_bool(0.2);
    Step::new(
        raw::bind(portal, statement, &parameters, binary),
        format!("Bind {portal:?} {statement:?} {parameters:?} binary={binary}"),
    )
}

fn describe(kind: u8, name: &str) -> Step {
    let bytes = match kind {
        b'S' => raw::describe_statement(name),
        _ => raw::describe_portal(name),
    };
    Step::new(bytes, format!("Describe {} {name:?}", char::from(kind)))
}

fn execute(random: &mut StdRng, portal: &str) -> Step {
    let rows = *[0, 0, 1, 2, 3]
        .get(random.random_range(0..5))
        .expect("a choice");
    Step::new(
        raw::execute(portal, rows),
        format!("Execute {portal:?} {rows}"),
    )
}

fn close(random: &mut StdRng) -> Step {
    let name = name(random);
    if random.random_bool(0.5) {
        Step::new(raw::close_statement(name), format!("Close S {name:?}"))
    } else {
        Step::new(raw::close_portal(name), format!("Close P {name:?}"))
    }
}

fn copy_data(random: &mut StdRng) -> Step {
    let data = pick(
        random,
        &[
            "80\tx\n",
            "81\t\\N\n",
            "82,x\n",
            "nope\n",
            "83",
            "\tx\n84\ty\n",
            "\\.\n",
            "",
        ],
    );
    Step::new(
        raw::frame(b'd', data.as_bytes()),
        format!("CopyData {data:?}"),
    )
}

/// A copy as drivers do it, with or without waiting for the server to ask for data.
fn copy(random: &mut StdRng, steps: &mut Vec<Step>) {
    let sql = pick(
        random,
        &[
            "COPY t0 (id, note) FROM STDIN",
            "COPY public.t1 (id, note) FROM STDIN",
            "CREATE TABLE t2 (id int, note text); COPY t2 FROM STDIN; SELECT count(*) FROM t2",
            "COPY t0 (id, note) FROM STDIN; COPY t1 (id, note) FROM STDIN",
        ],
    );
    let extended = random.random_bool(0.4);
    if extended {
        let body = [b"\0", sql.as_bytes(), b"\0\0\0"].concat();
        steps.push(Step::new(
            raw::frame(b'P', &body),
            format!("Parse \"\" {sql:?}"),
        ));
        steps.push(Step::new(
            raw::bind("", "", &[], false),
            "Bind \"\" \"\"".to_owned(),
        ));
        steps.push(Step::new(raw::execute("", 0), "Execute \"\" 0".to_owned()));
        if random.random_bool(0.5) {
            steps.push(Step::new(raw::sync(), "Sync".to_owned()));
        }
    } else {
        steps.push(Step::query(sql));
    }
    for _ in 0..random.random_range(0..4) {
        steps.push(copy_data(random));
        if random.random_bool(0.1) {
            steps.push(message(random));
        }
    }
    steps.push(if random.random_bool(0.7) {
        Step::new(raw::frame(b'c', b""), "CopyDone".to_owned())
    } else {
        Step::new(raw::frame(b'f', b"given up\0"), "CopyFail".to_owned())
    });
    if extended || random.random_bool(0.1) {
        steps.push(Step::new(raw::sync(), "Sync".to_owned()));
    }
}

fn function_call(random: &mut StdRng) -> Step {
    // int4pl, upper(text), nextval(regclass) of nothing, a function that is none.
    let (oid, arguments): (u32, &[&str]) = match random.random_range(0..5) {
        0 => (177, &["1", "2"]),
        1 => (177, &["1"]),
        2 => (871, &["é"]),
        3 => (1574, &["nope"]),
        _ => (3, &[]),
    };
    let mut body = Vec::new();
    body.put_u32(oid);
    body.put_u16(0);
    body.put_u16(u16::try_from(arguments.len()).expect("few arguments"));
    for argument in arguments {
        body.put_u32(u32::try_from(argument.len()).expect("a short argument"));
        body.put_slice(argument.as_bytes());
    }
    body.put_u16(0);
    Step::new(
        raw::frame(b'F', &body),
        format!("FunctionCall {oid} {arguments:?}"),
    )
}

/// A message whose length is right and whose body is not.
fn broken_body(random: &mut StdRng) -> Step {
    let bodies: &[(u8, &[u8])] = &[
        (b'Q', b""),
        (b'Q', b"SELECT 1"),
        (b'Q', b"SELECT 1\0\0"),
        (b'Q', b"SELECT '\xff'\0"),
        (b'P', b""),
        (b'P', b"one"),
        (b'P', b"one\0SELECT 1\0"),
        (b'P', b"one\0SELECT 1\0\xff\xff"),
        (b'P', b"\0SELECT 1\0\0\0\0"),
        (b'B', b""),
        (b'B', b"\0"),
        (b'B', b"\0\0"),
        (b'B', b"\0\0\0\x01"),
        (b'B', b"\0\0\0\0\xff\xff\0\0"),
        (b'B', b"\0\0\0\0\0\0\0\0\0"),
        (b'B', b"\0\0\0\0\0\x01\0\0\0\x09x\0\0"),
        (b'D', b""),
        (b'D', b"X\0"),
        (b'D', b"S"),
        (b'E', b""),
        (b'E', b"\0"),
        (b'E', b"\0\0\0\0\0\0"),
        (b'C', b""),
        (b'C', b"?\0"),
        (b'C', b"Sone"),
        (b'S', b"x"),
        (b'H', b"x"),
        (b'F', b""),
        (b'F', b"\0\0\0\xb1"),
        (b'f', b""),
        (b'c', b"x"),
    ];
    let (tag, body) = bodies[random.random_range(0..bodies.len())];
    Step::new(
        raw::frame(tag, body),
        format!("{} with the body {}", char::from(tag), body.escape_ascii()),
    )
}

fn ended(random: &mut StdRng) -> Step {
    let mut step = if random.random_bool(0.7) {
        Step::new(raw::frame(b'X', b""), "Terminate".to_owned())
    } else {
        Step::new(Vec::from(*b"Q"), "the end, within a message".to_owned())
    };
    step.last = true;
    step
}

/// What no server can make sense of: it hangs up.
fn ending(random: &mut StdRng) -> Step {
    let tag = *b"yz\0\xff"
        .get(random.random_range(0..4))
        .expect("a choice");
    let mut step = Step::new(raw::frame(tag, b"what"), format!("a message of type {tag}"));
    step.last = true;
    step
}
