//! `dormouse inspect`: what is in a snapshot: every actor, every sleeping tasklet with the lines that it waits in and
//! their locals, what is on its way.

use std::error::Error;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use dormouse::ActorId;
use dormouse::observe::clean;
use dormouse::snapshot::Meta;
use serde_json::json;

use crate::snapshots::{self, Opened};
use crate::{names, report};

#[derive(clap::Args)]
pub struct Args {
    /// The snapshot
    file: PathBuf,
    /// Only this actor
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// The folder of actor classes; without it the text in the snapshot
    #[arg(long, value_name = "DIR")]
    scripts: Option<PathBuf>,
    /// Print it as one JSON object
    #[arg(long)]
    json: bool,
}

/// True when it could be shown.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let opened = snapshots::look(&args.file, args.scripts.as_deref())?;
    let actors = wanted(&opened, args.actor.as_deref())?;
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json {
        let mut json = match &args.actor {
            None => {
                let mut all = report::of(&opened.world);
                let hibernated = actors.iter().filter(|(_, id)| opened.asleep.contains(id));
                all["hibernated"] = json!(hibernated.map(|(key, _)| key).collect::<Vec<_>>());
                all
            }
            Some(_) => {
                json!({ "actors": actors.iter().map(|(key, id)| (key.clone(), report::actor(&opened.world, *id)))
                .collect::<serde_json::Map<_, _>>() })
            }
        };
        json["meta"] = json!(opened.summary.meta);
        // As everywhere else: JSON's numbers are too short for hashes.
        json["meta"]["hash"] = json!(opened.summary.meta.hash.map(|hash| format!("{hash:016x}")));
        if let Some(map) = &opened.summary.meta.map {
            json["meta"]["map"]["hash"] = json!(format!("{:016x}", map.hash));
        }
        json["bytes"] = json!(opened.size);
        json["sections"] = opened.summary.sections.iter().map(|(name, size)| (name.clone(), json!(size))).collect();
        json["scripts"] = json!(opened.summary.scripts);
        writeln!(out, "{json}")?;
        return Ok(true);
    }
    if args.actor.is_none() {
        head(&mut out, args, &opened)?;
    }
    for (_, id) in &actors {
        show(&mut out, &opened, *id)?;
    }
    let posts = opened.world.post_views();
    if args.actor.is_none() && !posts.is_empty() {
        writeln!(out, "wires in flight")?;
        for post in posts {
            writeln!(out, "  {post}")?;
        }
    }
    out.flush()?;
    Ok(true)
}

fn wanted(opened: &Opened, name: Option<&str>) -> Result<Vec<(String, ActorId)>, Box<dyn Error>> {
    let mut all = report::keys(&opened.world);
    let Some(name) = name else { return Ok(all) };
    let known: Vec<String> = all.iter().map(|(key, _)| key.clone()).collect();
    all.retain(|(key, id)| key == name || opened.world.name_of(*id) == name);
    match all.is_empty() {
        false => Ok(all),
        true => Err(format!("there is no actor `{name}` in it{}", names::suggestion(name, &known)).into()),
    }
}

fn head(out: &mut impl Write, args: &Args, opened: &Opened) -> io::Result<()> {
    let (summary, size, asleep) = (&opened.summary, opened.size, opened.asleep.len());
    let Meta { engine, created_by, map, tick, time, seed, actors, tasklets, hash } = &summary.meta;
    let of = map
        .as_ref()
        .map_or_else(|| "a world without a map".into(), |map| format!("{} ({})", clean(&map.name), clean(&map.path)));
    writeln!(out, "{}: {of} after tick {tick} ({time:.1} s of world time), seed {seed}", args.file.display())?;
    let by = if created_by.is_empty() { "nobody in particular" } else { created_by };
    writeln!(out, "made with engine {} by {}", clean(engine), clean(by))?;
    if let Some(hash) = hash {
        writeln!(out, "hash {hash:016x}")?;
    }
    let archive = if summary.archive.is_some() { "in it" } else { "not in it" };
    let asleep = match asleep {
        0 => String::new(),
        asleep => format!(" ({asleep} hibernate)"),
    };
    writeln!(out, "{actors} actors{asleep}, {tasklets} tasklets, {} scripts ({archive})", summary.scripts.len())?;
    for (name, part) in &summary.sections {
        writeln!(out, "  {name}  {:>10} bytes, {:>10} in the file", part.full, part.stored)?;
    }
    writeln!(out, "  all   {size:>34} in the file\n")
}

fn show(out: &mut impl Write, opened: &Opened, id: ActorId) -> io::Result<()> {
    let Some(view) = opened.world.actor_view(id) else { return Ok(()) };
    write!(out, "{view}")?;
    if opened.asleep.contains(&id) {
        writeln!(out, "  hibernates")?;
    }
    for sleeper in opened.world.sleepers_of(id) {
        write!(out, "  {}", sleeper.detail().trim_end().replace('\n', "\n  "))?;
        writeln!(out)?;
    }
    writeln!(out)
}
