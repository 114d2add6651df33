// How a page looks: light and dark, wide and narrow, on paper.

export const PAGE_STYLE: string = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1c2024;--dim:#646c75;--line:#dfe3e7;--soft:#f5f6f8;--bad:#c62a35;--badsoft:#fdebec;
--warn:#f0b429;--good:#1a7f4b;--holdl:86%;--holdt:24%}
@media(prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e6e9ec;--dim:#98a1aa;--line:#31373d;--soft:#1c2024;--bad:#ff6b70;
--badsoft:#3a1c20;--warn:#c98a10;--good:#4cc38a;--holdl:26%;--holdt:84%}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1500px;padding:20px 24px 60px;background:var(--bg);color:var(--fg);font:14px/1.45 system-ui,sans-serif}
h1{margin:2px 0 4px;font-size:22px;line-height:1.25;text-wrap:balance}
h2{font-size:14px;margin:28px 0 6px}
p{margin:0}
code,table,.news,pre{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:12px}
.sub,.legend{color:var(--dim)}
.badge{font-weight:600;color:var(--good)}
.violated .badge,.notdeterministic .badge{color:var(--bad)}
.vacuous .badge{color:var(--warn)}
header .detail{white-space:pre-wrap;overflow-wrap:anywhere;margin-bottom:4px}
.go{float:right;margin:2px 0 0 16px;padding:5px 12px;border:1px solid var(--bad);border-radius:6px;color:var(--bad);text-decoration:none;white-space:nowrap}
.top{position:sticky;top:0;z-index:9;background:var(--bg);padding:10px 0 6px;border-bottom:1px solid var(--line);margin-bottom:8px}
.scroll{overflow-x:auto;outline-offset:2px}
.grid{display:grid;grid-template-rows:48px repeat(var(--rows),54px);position:relative;width:max-content;min-width:100%}
.grid>*{min-width:0;font-style:normal}
.grid>.lane{min-width:max-content}
.lane{grid-column:1;position:sticky;left:0;z-index:6;background:var(--bg);padding:25px 14px 0 0;font-weight:600}
.lane.clock{padding-top:19px;font-weight:400;color:var(--dim)}
.line{border-top:2px solid var(--line);height:0;margin-top:37px}
.line.service{border-top-style:dotted}
.time{width:0;font-size:11px;color:var(--dim);white-space:nowrap;padding:22px 0 0 4px}
.jump{background:repeating-linear-gradient(135deg,transparent 0 5px,color-mix(in srgb,var(--warn) 38%,transparent) 5px 7px);border-inline:1px solid color-mix(in srgb,var(--warn) 60%,transparent)}
.overlap{position:relative;z-index:2;margin:-3px 0 1px;background:color-mix(in srgb,var(--bad) 20%,transparent);border-top:3px solid var(--bad);pointer-events:none}
.overlap b,.bar b,.mark b{position:absolute;font:600 10.5px/1 system-ui,sans-serif;white-space:nowrap}
.overlap b{left:0;top:-16px;color:var(--bad)}
.overlap.last b{left:auto;right:0}
.bar{position:relative;z-index:2;margin:2px 0;border-radius:5px}
.bar b{left:5px;top:3px}.last b{left:auto;right:4px}
.hold{background:hsl(var(--hue) 55% var(--holdl));color:hsl(var(--hue) 70% var(--holdt))}
.hold.gone,.paused,.flight{background:repeating-linear-gradient(135deg,hsl(var(--hue) 50% var(--holdl)) 0 4px,transparent 4px 9px);border-radius:0 5px 5px 0}
.hold.died,.hold.lost{border-radius:5px 0 0 5px}
.paused,.flight{--hue:30;color:var(--dim)}
.flight{margin:31px 0 15px}.flight b{top:-12px}
.paused b{top:3px;left:40px}
.link{z-index:3;position:relative;pointer-events:none}
.link::before{content:"";position:absolute;left:calc(50% - .75px);top:48px;bottom:17px;border-left:1.5px solid var(--dim)}
.link::after{content:"";position:absolute;left:calc(50% - 4px);bottom:13px;border:4px solid transparent;border-top:7px solid var(--dim);border-bottom:0}
.link.under-way::before{border-left-style:dashed;border-color:var(--bad);bottom:34px}
.link.under-way::after,.link b{content:"✗";border:0;left:calc(50% - 5px);bottom:20px;font:700 13px/1 sans-serif;color:var(--bad)}
.link b{position:absolute;bottom:auto;top:52px;background:var(--bg);border-radius:6px}
.link.none::before{border-left-style:dotted}
.link.none::after{display:none}
.mark{position:relative;z-index:4;color:inherit;text-decoration:none;container-type:inline-size}
.mark u{position:absolute;left:50%;top:26px;transform:translateX(-50%);min-width:22px;height:22px;padding:0 4px;border-radius:11px;background:var(--bg);border:1.5px solid var(--dim);font:600 11px/19px system-ui,sans-serif;text-align:center;text-decoration:none}
.mark s{display:none;position:absolute;left:calc(50% + 16px);top:22px;width:calc(100% - 36px);text-decoration:none;font-size:11px;line-height:15px}
.mark.error s,.mark.clock s{width:calc(50% - 18px)}
.mark.clock u,.mark.clock s{margin-top:-6px}
.mark b{left:50%;transform:translateX(-50%);top:14px;padding:0 3px}
.mark.clock b{top:7px}
.mark.fault u{background:var(--warn);border-color:var(--warn);color:#1c2024}
.mark.fault b{background:color-mix(in srgb,var(--warn) 45%,var(--bg));border-radius:3px}
.mark.error u{background:var(--bad);border-color:var(--bad);color:var(--bg)}
.mark[aria-current] u{outline:3px solid var(--fg);outline-offset:1px}
.errorband{z-index:1;border:2px solid var(--bad);border-radius:6px;pointer-events:none}
.legend{display:flex;flex-wrap:wrap;gap:2px 18px;font-size:12px;padding-top:4px}
.legend i{display:inline-block;width:18px;height:10px;margin:0 5px 0 0;border-radius:3px;--hue:205}
kbd{font:11px ui-monospace,monospace;border:1px solid var(--line);border-radius:4px;padding:0 4px}
.steps{list-style:none;margin:0;padding:0;position:relative}
.steps li{display:grid;grid-template-columns:2.4em var(--actor) 1.4em minmax(0,1fr) 40%;padding:3px 6px;border-radius:6px;scroll-margin:calc(var(--rows)*54px + 100px) 0 60px}
.steps li>a{color:var(--dim);text-align:right;padding-right:10px;text-decoration:none}
.steps li>b{padding-right:10px}
.steps li>div{overflow-wrap:anywhere}
.steps em{font-style:normal;font-weight:600;background:color-mix(in srgb,var(--warn) 45%,var(--bg));padding:0 4px;border-radius:3px}
.steps abbr{text-decoration:none;cursor:help}
.news{color:var(--dim)}
.steps p{padding-left:1.2em;font-weight:600}
.steps .verdict{color:var(--bad)}
.steps li.error{background:var(--badsoft)}
.steps li.current,.steps li:target{background:var(--soft);box-shadow:inset 3px 0 var(--fg)}
.steps li.error.current,.steps li.error:target{background:var(--badsoft);box-shadow:inset 3px 0 var(--bad)}
aside{display:none;position:absolute;right:0;width:calc(40% - 16px);padding:8px 12px;border:1px solid var(--line);border-radius:8px;background:var(--bg);z-index:2}
.steps.live li:target:not(.current) aside{display:none}
li.current aside,li:target aside{display:block}
aside p{color:var(--dim);font-size:12px;font-weight:400!important;padding:0!important}
table{border-collapse:collapse;margin-top:4px}
th,td{text-align:left;vertical-align:top;padding:1px 14px 1px 0;font-weight:400;overflow-wrap:anywhere}
th{white-space:nowrap}
tr.new{font-weight:700}tr.new th{font-weight:700}
.num{text-align:right}
.replay{display:flex;gap:8px;align-items:start}
.replay code,pre{background:var(--soft);padding:6px 10px;border-radius:6px;overflow-wrap:anywhere;white-space:pre-wrap;margin:0}
button{font:inherit;padding:3px 12px;border:1px solid var(--line);border-radius:6px;background:var(--soft);color:inherit;cursor:pointer}
:focus-visible{outline:2px solid #3b82f6;outline-offset:2px}
@container(min-width:84px){.mark u+s{display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden}}
@media(max-width:760px){body{padding:12px}.top{position:static}.go{float:none;display:inline-block;margin:6px 0}
.steps li{grid-template-columns:2em var(--actor) 1.3em minmax(0,1fr)}aside{position:static;width:auto;grid-column:1/-1;margin:4px 0}.steps li{scroll-margin:60px 0}}
@media print{body{max-width:none;padding:0}.top{position:static}.go,button,.keys{display:none}aside{display:none!important}*{print-color-adjust:exact}}
`.trim();
