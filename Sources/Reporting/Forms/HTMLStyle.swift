/// The one style sheet of every page: light, dark and print; no font, script or picture from outside.
enum HTMLStyle {
    /// Put first inside `<head>`: nothing is fetched and nothing runs, whatever a file's name holds.
    static let head = """
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        """

    static let css = """
        :root { --page: #fff; --ink: #1b1f24; --soft: #5b6470; --line: #d5dae0; --panel: #fafbfc; --card: #f5f7f9;
          --machine: #b3261e; --human: #1b7340; --unsure: #855800; --speech: #3b7ea1; --score: #1b1f24;
          --zone-machine: #fbeae8; --zone-human: #e9f5ee; --alert: rgba(179, 38, 30, .13); --invert: none; }
        @media (prefers-color-scheme: dark) { :root { --page: #14171a; --ink: #e7eaee; --soft: #9aa5b1; --line: #38404a;
          --panel: #191d21; --card: #1d2227; --machine: #ff8a80; --human: #6fd49a; --unsure: #f0b95b; --speech: #67b7dd;
          --score: #f2f4f6; --zone-machine: #33211f; --zone-human: #1a2a21; --alert: rgba(255, 138, 128, .17);
          --invert: invert(.92) hue-rotate(180deg); } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 62rem; background: var(--page); color: var(--ink);
          font: 16px/1.5 system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }
        h1 { font-size: 1.05rem; font-weight: 600; color: var(--soft); margin: 0; }
        h2 { font-size: 1.7rem; line-height: 1.2; margin: .15rem 0 .5rem; }
        h3 { font-size: 1.05rem; margin: 1.5rem 0 .4rem; }
        p { margin: .4rem 0; max-width: 46rem; }
        .path { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .95rem; overflow-wrap: anywhere; }
        .verdict { border-left: .45rem solid var(--tone); background: var(--card); padding: 1rem 1.25rem; margin: 1.5rem 0 1rem;
          border-radius: .25rem; break-inside: avoid; }
        .verdict h2 { color: var(--tone); }
        .synthetic, .syntheticDisclosed { --tone: var(--machine); } .human { --tone: var(--human); } \
        .inconclusive, .unreadable { --tone: var(--unsure); }
        .advice, .errors { font-weight: 600; }
        .note, figcaption, footer { color: var(--soft); font-size: .88rem; }
        figure { margin: 1rem 0; break-inside: avoid; }
        figcaption { margin-top: .3rem; max-width: 52rem; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .5rem 0; font-size: .93rem; }
        th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        th { font-weight: 600; color: var(--soft); } .number { text-align: right; } td a { color: inherit; overflow-wrap: anywhere; }
        .tone { color: var(--tone); font-weight: 600; white-space: nowrap; }
        .scroll { overflow-x: auto; } audio { width: 100%; max-width: 46rem; margin: .4rem 0; }
        .facts { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .8rem 0; font-size: .88rem; color: var(--soft); }
        .facts dt { font-weight: 600; } .facts dd { margin: 0; overflow-wrap: anywhere; }
        .above td { border-bottom: 0; padding-bottom: 0; }
        section + section { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: 1rem; }
        footer { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: .8rem; overflow-wrap: anywhere; }
        .plot { width: 100%; height: auto; display: block; font: 12.5px system-ui, "Noto Sans", "DejaVu Sans", sans-serif; }
        .plot text { fill: var(--soft); } .plot .end { text-anchor: end; } .plot .middle, .plot .axis { text-anchor: middle; }
        .plot .panel { fill: var(--panel); stroke: var(--line); } .plot .grid { stroke: var(--line); stroke-width: .6; }
        .plot .zero { stroke: var(--soft); stroke-width: .9; } .plot .mark { stroke: var(--soft); stroke-width: .9; }
        .plot .zone-machine { fill: var(--zone-machine); } .plot .zone-human { fill: var(--zone-human); }
        .plot .threshold { stroke: var(--machine); stroke-width: 1.2; stroke-dasharray: 7 4; }
        .plot .release { stroke: var(--machine); stroke-width: .9; stroke-dasharray: 2 4; }
        .plot .threshold-label, .plot .release-label, .plot .alert-label { fill: var(--machine); }
        .plot .alert-label { font-weight: 600; } .plot .leg-dot { fill: var(--score); stroke: var(--page); stroke-width: 1.5; }
        .plot text { paint-order: stroke; stroke: var(--page); stroke-width: 3px; stroke-linejoin: round; }
        .plot.narrow { display: none; } .defs { display: block; position: absolute; width: 0; height: 0; }
        .plot .score { fill: none; stroke: var(--score); stroke-width: 1.9; stroke-linejoin: round; stroke-linecap: round; }
        .plot .band { fill: var(--score); opacity: .22; } .plot .speech { fill: var(--speech); }
        .plot .alert { fill: var(--alert); } .plot .decision { stroke: var(--machine); stroke-width: 1.6; }
        .plot .spectrogram { filter: var(--invert); }
        @media (max-width: 44rem) { body { padding: 1.2rem .7rem 2rem; } h2 { font-size: 1.35rem; } .verdict { padding: .8rem .9rem; }
          .plot.wide { display: none; } .plot.narrow { display: block; } .facts { grid-template-columns: 1fr; } .facts dd { margin-bottom: .3rem; }
          th, td { padding-right: .6rem; } }
        @page { margin: 16mm; }
        @media print { :root { --page: #fff; --ink: #000; --soft: #444; --line: #bbb; --panel: #fff; --card: #f4f4f4; --machine: #a01810;
          --human: #125c32; --unsure: #6b4700; --speech: #3b7ea1; --score: #000; --zone-machine: #fbeae8; --zone-human: #e9f5ee;
          --alert: rgba(179, 38, 30, .13); --invert: none; }
          body { padding: 0; max-width: none; font-size: 10.5pt; } h2 { font-size: 16pt; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          a { color: inherit; text-decoration: none; } h1, h2, h3 { break-after: avoid; } tr, .facts { break-inside: avoid; } \
        thead { display: table-header-group; }
          .scroll { overflow: visible; } .plot.wide { display: block; } .plot.narrow, audio { display: none; } }
        """
}
