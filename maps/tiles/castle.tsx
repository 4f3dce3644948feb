<?xml version="1.0" encoding="UTF-8"?>
<tileset version="1.10" tiledversion="1.10.2" name="castle" tilewidth="16" tileheight="16" tilecount="272" columns="16">
 <image source="castle.png" width="256" height="272"/>
 <tile id="16">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
  <animation>
   <frame tileid="16" duration="320"/>
   <frame tileid="17" duration="320"/>
   <frame tileid="18" duration="320"/>
   <frame tileid="19" duration="320"/>
  </animation>
 </tile>
 <tile id="20">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
  <animation>
   <frame tileid="20" duration="320"/>
   <frame tileid="21" duration="320"/>
   <frame tileid="22" duration="320"/>
   <frame tileid="23" duration="320"/>
  </animation>
 </tile>
 <tile id="24">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
  <animation>
   <frame tileid="24" duration="320"/>
   <frame tileid="25" duration="320"/>
   <frame tileid="26" duration="320"/>
   <frame tileid="27" duration="320"/>
  </animation>
 </tile>
 <tile id="28">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
  <animation>
   <frame tileid="28" duration="320"/>
   <frame tileid="29" duration="320"/>
   <frame tileid="30" duration="320"/>
   <frame tileid="31" duration="320"/>
  </animation>
 </tile>
 <tile id="32">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
  <animation>
   <frame tileid="32" duration="320"/>
   <frame tileid="33" duration="320"/>
   <frame tileid="34" duration="320"/>
   <frame tileid="35" duration="320"/>
  </animation>
 </tile>
 <tile id="64">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="65">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="66">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="67">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="68">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="69">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="70">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="71">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="72">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="73">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="74">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="75">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="76">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="77">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="78">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="79">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="80">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="81">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="82">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="83">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="84">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="85">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="86">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="87">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="88">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="89">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="90">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="91">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="92">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="93">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="94">
  <properties>
   <property name="glow" type="float" value="26.0"/>
   <property name="glow_color" type="color" value="#ffffc070"/>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="95">
  <properties>
   <property name="glow" type="float" value="30.0"/>
   <property name="glow_color" type="color" value="#ffa8c8ff"/>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="96">
  <properties>
   <property name="flicker" type="float" value="0.25"/>
   <property name="glow" type="float" value="46.0"/>
   <property name="glow_color" type="color" value="#ffff9a48"/>
   <property name="solid" type="bool" value="true"/>
  </properties>
  <animation>
   <frame tileid="96" duration="140"/>
   <frame tileid="97" duration="140"/>
   <frame tileid="98" duration="140"/>
  </animation>
 </tile>
 <tile id="103">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="104">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="105">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="106">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="107">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="108">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="109">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="110">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="111">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="112">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="113">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="114">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="115">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="116">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="117">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="118">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="119">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="120">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="121">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="122">
  <properties>
   <property name="flicker" type="float" value="0.15"/>
   <property name="glow" type="float" value="40.0"/>
   <property name="glow_color" type="color" value="#ffffc070"/>
   <property name="solid" type="bool" value="true"/>
  </properties>
  <animation>
   <frame tileid="122" duration="260"/>
   <frame tileid="123" duration="260"/>
  </animation>
 </tile>
 <tile id="144">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="145">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="146">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="151">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="152">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="155">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="156">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="160">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="161">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="162">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="163">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="164">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="165">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="166">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="167">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="168">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="176">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
  <animation>
   <frame tileid="176" duration="130"/>
   <frame tileid="178" duration="130"/>
   <frame tileid="180" duration="130"/>
  </animation>
 </tile>
 <tile id="177">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
  <animation>
   <frame tileid="177" duration="130"/>
   <frame tileid="179" duration="130"/>
   <frame tileid="181" duration="130"/>
  </animation>
 </tile>
 <tile id="192">
  <properties>
   <property name="solid" type="bool" value="true"/>
  </properties>
  <animation>
   <frame tileid="192" duration="130"/>
   <frame tileid="194" duration="130"/>
   <frame tileid="196" duration="130"/>
  </animation>
 </tile>
 <tile id="193">
  <properties>
   <property name="flicker" type="float" value="0.3"/>
   <property name="glow" type="float" value="72.0"/>
   <property name="glow_color" type="color" value="#ffff9a48"/>
   <property name="solid" type="bool" value="true"/>
  </properties>
  <animation>
   <frame tileid="193" duration="130"/>
   <frame tileid="195" duration="130"/>
   <frame tileid="197" duration="130"/>
  </animation>
 </tile>
 <tile id="208" type="Lamp">
 </tile>
 <tile id="209" type="Lamp">
  <properties>
   <property name="flicker" type="float" value="0.12"/>
   <property name="glow" type="float" value="64.0"/>
   <property name="glow_color" type="color" value="#ffffc070"/>
   <property name="look" value="lit"/>
  </properties>
  <animation>
   <frame tileid="209" duration="150"/>
   <frame tileid="210" duration="150"/>
   <frame tileid="211" duration="150"/>
   <frame tileid="212" duration="150"/>
  </animation>
 </tile>
 <tile id="213" type="Plate">
  <properties>
   <property name="floor" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="214" type="Plate">
  <properties>
   <property name="floor" type="bool" value="true"/>
   <property name="look" value="down"/>
  </properties>
 </tile>
 <tile id="215" type="Lever">
 </tile>
 <tile id="216" type="Lever">
  <properties>
   <property name="look" value="Pull"/>
  </properties>
 </tile>
 <tile id="217" type="Lever">
  <properties>
   <property name="look" value="pulled"/>
  </properties>
 </tile>
 <tile id="218" type="Chest">
 </tile>
 <tile id="219" type="Chest">
  <properties>
   <property name="look" value="open"/>
  </properties>
 </tile>
 <tile id="220" type="Chest">
  <properties>
   <property name="look" value="empty"/>
  </properties>
 </tile>
 <tile id="221" type="Lift">
  <properties>
   <property name="floor" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="224" type="Coin">
  <animation>
   <frame tileid="224" duration="110"/>
   <frame tileid="225" duration="110"/>
   <frame tileid="226" duration="110"/>
   <frame tileid="227" duration="110"/>
  </animation>
 </tile>
 <tile id="228" type="Relay">
  <properties>
   <property name="floor" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="229" type="Counter">
  <properties>
   <property name="floor" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="230" type="Daylight">
  <properties>
   <property name="floor" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="231" type="Hive">
 </tile>
 <tile id="240" type="Cat">
  <properties>
   <property name="facing" value="right"/>
  </properties>
 </tile>
 <tile id="241" type="Cat">
  <properties>
   <property name="facing" value="right"/>
   <property name="look" value="walk"/>
  </properties>
  <animation>
   <frame tileid="241" duration="110"/>
   <frame tileid="242" duration="110"/>
   <frame tileid="243" duration="110"/>
   <frame tileid="244" duration="110"/>
  </animation>
 </tile>
 <tile id="245" type="Cat">
  <properties>
   <property name="facing" value="left"/>
  </properties>
 </tile>
 <tile id="246" type="Cat">
  <properties>
   <property name="facing" value="left"/>
   <property name="look" value="walk"/>
  </properties>
  <animation>
   <frame tileid="246" duration="110"/>
   <frame tileid="247" duration="110"/>
   <frame tileid="248" duration="110"/>
   <frame tileid="249" duration="110"/>
  </animation>
 </tile>
 <tile id="250" type="Cat">
  <properties>
   <property name="look" value="asleep"/>
  </properties>
 </tile>
 <tile id="256" type="Rat">
  <properties>
   <property name="facing" value="right"/>
  </properties>
 </tile>
 <tile id="257" type="Rat">
  <properties>
   <property name="facing" value="right"/>
   <property name="look" value="walk"/>
  </properties>
  <animation>
   <frame tileid="257" duration="90"/>
   <frame tileid="258" duration="90"/>
  </animation>
 </tile>
 <tile id="259" type="Bee">
  <properties>
   <property name="facing" value="right"/>
  </properties>
  <animation>
   <frame tileid="259" duration="60"/>
   <frame tileid="260" duration="60"/>
  </animation>
 </tile>
 <tile id="261" type="Rat">
  <properties>
   <property name="facing" value="left"/>
  </properties>
 </tile>
 <tile id="262" type="Rat">
  <properties>
   <property name="facing" value="left"/>
   <property name="look" value="walk"/>
  </properties>
  <animation>
   <frame tileid="262" duration="90"/>
   <frame tileid="263" duration="90"/>
  </animation>
 </tile>
 <tile id="264" type="Bee">
  <properties>
   <property name="facing" value="left"/>
  </properties>
  <animation>
   <frame tileid="264" duration="60"/>
   <frame tileid="265" duration="60"/>
  </animation>
 </tile>
</tileset>
